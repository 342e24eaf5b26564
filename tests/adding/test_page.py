"""Every section of docs/adding.md has a test, and its table names files that exist."""

import re

from tests.adding import test_causes, test_evaluation_plugins, test_sounds, test_training
from tests.adding.page import ROOT, SECTIONS


def test_every_section_has_a_test():
    names = [name for file in (test_sounds, test_causes, test_training, test_evaluation_plugins) for name in vars(file)]
    tested = {name.removeprefix("test_").replace("_", " ") for name in names if name.startswith("test_a")}
    assert {name.lower() for name in SECTIONS} - {"in this repository"} <= tested


def test_the_files_of_the_last_section_exist():
    table = SECTIONS["In this repository"]
    paths = re.findall(r"`((?:synths|doppelganger|tests|configs)/[\w/.*]+)", table)
    assert len(paths) > 20
    for path in paths:
        assert any(ROOT.glob(re.sub("NAME|SYNTH", "*", path))), path
