"""Commands of `python -m synths`: one per file, found without registration.

A command is a module with ``configure(parser)``, which declares its arguments, and ``run(args)``. Its
docstring is its --help, the first line the summary. Modules with a leading underscore are what commands share.
"""
