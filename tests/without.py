"""Python code run in a process of its own, in which some packages cannot be imported."""

import subprocess
import sys

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
    command = [sys.executable, "-c", PREFIX.format(packages=packages) + code]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == expected_exit, result.stderr
    return result.stdout, result.stderr
