"""The package of docs/adding.md, installed, and its commands."""

import re
import shlex
import sys

import numpy as np
import pytest
import soundfile

from doppelganger.__main__ import main as doppelganger_main
from synths.__main__ import main as synths_main
from tests.adding.page import PAGE, blocks


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder with the page's files and entry points, as an installed package; the working directory."""
    for block in [*blocks(PAGE, "python"), *blocks(PAGE, "yaml")]:
        path = tmp_path / block.partition("\n")[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(block, encoding="utf-8")
    info = tmp_path / "my_sounds-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-sounds\nVersion: 1.0\n")
    (declared,) = blocks(PAGE, "toml")
    declared = declared[declared.index("[project.entry-points") :]
    declared = re.sub(r'\[project\.entry-points\."(.*)"\]', r"[\1]", declared).replace('"', "")
    (info / "entry_points.txt").write_text(declared)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_sounds"]:
        del sys.modules[name]


@pytest.fixture
def run(package, capsys):
    """Runs a command of the page and returns what it prints."""

    def run(command: str) -> str:
        _, flag, what, *arguments = shlex.split(command)
        assert flag == "-m"
        {"synths": synths_main, "doppelganger": doppelganger_main}[what](arguments)
        return capsys.readouterr().out

    return run


@pytest.fixture
def barks(package):
    """Two dogs that bark at 300 and 3,000 Hz, in three folds."""
    (package / "BARKS" / "audio").mkdir(parents=True)
    lines, time_s = ["file,dog,fold"], np.arange(16000) / 16000
    for i in range(18):
        sound = 0.5 * np.sin(2 * np.pi * (300, 3000)[i % 2] * (1 + i / 200) * time_s)
        soundfile.write(package / "BARKS" / "audio" / f"{i}.wav", sound, 16000)
        lines.append(f"{i}.wav,{('Rex', 'Bella')[i % 2]},{i // 2 % 3}")
    (package / "BARKS" / "barks.csv").write_text("\n".join(lines))
