"""The tutorials, followed from their first command to their last block, in small."""

import json

import pytest
import soundfile
import torch

from tests.docs.page import blocks, commands

# What makes a step short; the command itself is that of the page.
_TRAINING = [
    "--trainer.max_epochs=1",
    "--trainer.callbacks=null",
    "--trainer.enable_progress_bar=false",
    "--data.init_args.steps_per_epoch=1",
    "--data.init_args.batch_size=8",
]
SMALL = {
    "doppelganger-train": _TRAINING,
    "doppelganger explore": ["--sounds=300"],
    "synths match": ["--steps=2", "--starts=2"],
    "synths render": ["--seconds=1"],
}


def follow(page, run):
    """Runs all commands of a page; returns what each printed, and the names of its Python block."""
    printed = {}
    for command in commands(page):
        more = [flag for start, flags in SMALL.items() if command.startswith(start) for flag in flags]
        printed[command] = run(command, *more)
    (code,) = blocks(page, "python")
    exec(compile(code, page, "exec"), names := {})
    return printed, names


@pytest.mark.filterwarnings("ignore")
def test_the_researcher(recordings, run):
    printed, names = follow("tutorials/researcher.md", run)
    (table,) = (text for command, text in printed.items() if "evaluate" in command)
    assert all(name in table for name in ("quickstart", "delta-0.25", "log-mel", "random"))
    assert names["a"].shape == names["b"].shape and names["loss"] > 0
    assert len(list((recordings / "runs").glob("quickstart/**/*.png"))) == 3


@pytest.mark.filterwarnings("ignore")
def test_the_engineer(recordings, run):
    printed, names = follow("tutorials/engineer.md", run)
    trainings = [text for command, text in printed.items() if "train-classifier" in command]
    assert len(trainings) == 2 and all("Accuracy" in text and "Largest class" in text for text in trainings)
    assert "hiss.wav" in (recordings / "labels.csv").read_text() and "normal" in (recordings / "labels.csv").read_text()
    assert names["probabilities"].shape == (1, 2)
    torch.testing.assert_close(names["probabilities"].sum(), torch.tensor(1.0))
    assert (recordings / "similar.html").is_file()


def test_the_sound_designer(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    (preset,) = blocks("tutorials/sound_designer.md", "yaml")
    (tmp_path / "dark.yaml").write_text(preset)
    _, names = follow("tutorials/sound_designer.md", run)
    assert len(list((tmp_path / "pads").glob("*.wav"))) == 8
    variations = sorted((tmp_path / "variations").glob("*.wav"))
    contents = {soundfile.read(path)[0].tobytes() for path in variations}
    assert len(contents) == len(variations) >= 4  # doppelgängers differ
    assert "parameters" in json.loads((tmp_path / "match" / "theta.json").read_text())
    assert (tmp_path / "again.wav").is_file()
    sounds = names["sounds"]
    assert sounds.shape == (5, 88200) and (sounds[0] - sounds[4]).abs().max() > 0.01
