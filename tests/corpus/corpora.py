"""Small corpora."""

import io
import json
import math
import tarfile
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from synths.__main__ import main
from synths.corpus.manifest import Head
from synths.corpus.recipe import Recipe
from synths.corpus.sound_format import SoundFormat
from synths.corpus.writing import write
from synths.engines import in_this_process
from synths.finding import find

SETTINGS = {"sample_rate": 8000, "seconds": 0.05}
N, SIZE = 50, 8
# The same on the command line.
FLAGS = ["--sample-rate", "8000", "--seconds", "0.05", "-n", str(N), "--shards", "--shard-size", str(SIZE)]


def head(synth: str = "voice", *, shard_size: int = SIZE, first: int = 0, **recipe) -> Head:
    made = find(synth)(**SETTINGS)
    recipe = {"sound_format": SoundFormat("flac"), **recipe}
    return Head(Recipe.of(made, synth, SETTINGS, **recipe), first, shard_size)


def made(folder: Path, n: int = N, engine=in_this_process, **kwargs) -> list[int]:
    """The numbers of sounds of the shards that were written."""
    return list(write(folder, head(**kwargs), n, engine))[1:]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        found = [(member.name, tar.extractfile(member).read()) for member in tar]
    assert len(dict(found)) == len(found)
    return dict(found)


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]


def stopped(*arguments: object, code: int = 2) -> str:
    """The one line on stderr of a command that cannot be done."""
    with redirect_stderr(io.StringIO()) as said, pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    assert stop.value.code == code and said.getvalue().count("\n") == 1
    return said.getvalue()


def labels_with_lists(synth, seed):
    """Labels that hold numbers in lists, and NaN; see `synths.corpus.labels`."""
    return lambda index, theta, waveforms: [
        {"events": [{"at": [float(row[0]), math.nan]}], "pitch": math.nan} for row in theta
    ]
