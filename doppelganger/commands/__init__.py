"""Commands of `python -m doppelganger`: one a file, found by walking this package.

A command is a module with ``configure(parser)``, which declares its arguments, and ``run(args)``. Its docstring is its
--help, the first line the summary. Its ValueError, OSError or `synths.command_line.usage.UsageError` becomes one line
on stderr. Modules whose names start with an underscore are shared code.
"""
