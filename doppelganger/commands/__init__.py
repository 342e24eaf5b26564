"""Commands of `python -m doppelganger`: one a file, found by itself.

A command is a module with ``configure(parser)``, which declares its arguments, and ``run(args)``. Its
docstring is its --help, the first line the summary. A ValueError or OSError it raises ends in one line.
Modules whose names start with an underscore are shared code.
"""
