"""Python code run in a process of its own, in which some packages cannot be imported."""

import subprocess
import sys

from tests import python

# Forgets what was imported of them before the fork; none of our modules was.
PREFIX = """
import sys
def is_blocked(name):
    return name.partition(".")[0] in {packages!r}
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if is_blocked(name):
            raise ModuleNotFoundError(f"No module named {{name!r}} (blocked by a test)", name=name)
for name in filter(is_blocked, list(sys.modules)):
    del sys.modules[name]
sys.meta_path.insert(0, Blocked())
"""
# What is built with them keeps them: torch its arrays, for one.
_NOT_FORGOTTEN = {"torch", "numpy"}


def run(code: str, *packages: str, expected_exit: int = 0) -> tuple[str, str]:
    """What the code prints on stdout and on stderr without these packages."""
    command = ["-c", PREFIX.format(packages=packages) + code]
    if _NOT_FORGOTTEN.isdisjoint(packages):
        result = python.run(command)
    else:
        result = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    assert result.returncode == expected_exit, result.stderr
    return result.stdout, result.stderr
