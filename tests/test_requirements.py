"""The requirements of pyproject.toml."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement

tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")
PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_what_a_user_installs_names_its_lowest_version():
    """Without one, a resolution of the lowest versions takes releases of twenty years ago."""
    extras = {name: each for name, each in PROJECT["optional-dependencies"].items() if name != "dev"}
    requirements = map(Requirement, [*PROJECT["dependencies"], *(one for extra in extras.values() for one in extra)])
    named = [each for each in requirements if each.name != PROJECT["name"]]
    assert len(named) > 20
    lowest = (">=", "==", "~=")
    assert not [str(each) for each in named if not any(part.operator in lowest for part in each.specifier)]
