"""Python code run in a process of its own, in which some packages cannot be imported."""

import subprocess
import sys
from functools import cache

from tests import python

PREFIX = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}} (blocked by a test)", name=name)
sys.meta_path.insert(0, Blocked())
"""


def run(code: str, *packages: str, expected_exit: int = 0) -> tuple[str, str]:
    """What the code prints on stdout and on stderr without these packages."""
    command = ["-c", PREFIX.format(packages=packages) + code]
    if _imported_before_a_fork().isdisjoint(packages):
        result = python.run(command)
    else:
        result = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    assert result.returncode == expected_exit, result.stderr
    return result.stdout, result.stderr


@cache
def _imported_before_a_fork() -> set[str]:
    names = python.run(["-c", "import sys; print(*sys.modules)"]).stdout.split()
    return {name.partition(".")[0] for name in names}
