"""Systems without what only Unix has, such as Windows."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
UNIX = {"fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}


def imported_at_once(path: Path) -> set[str]:
    """Modules that a file imports when it is itself imported, outside `try` and functions."""
    names = set()
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            names.add((statement.module or "").partition(".")[0])
    return names


def test_no_module_imports_at_once_what_windows_lacks():
    files = [
        file for package in ("synths", "doppelganger", "lightning_modules") for file in ROOT.glob(f"{package}/**/*.py")
    ]
    assert len(files) > 300
    assert {str(file): found for file in files if (found := imported_at_once(file) & UNIX)} == {}
