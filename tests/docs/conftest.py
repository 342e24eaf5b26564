"""A folder of labelled recordings, and the commands of pages in this process."""

import shlex
import sys

import numpy as np
import pytest
import soundfile

from doppelganger.__main__ import main as doppelganger_main
from lightning_modules.training_command import main as training_main
from synths.__main__ import main as synths_main


@pytest.fixture
def recordings(tmp_path, monkeypatch):
    """my_sounds/ with twelve tones (leak) and twelve noises (normal) in two folds, and new/: the working directory."""
    monkeypatch.chdir(tmp_path)
    generator, time_s = np.random.default_rng(0), np.arange(16000) / 16000
    rows = ["file,label,fold"]
    for i in range(12):
        tone = 0.5 * np.sin(2 * np.pi * generator.uniform(200, 400) * time_s)
        for label, sound in (("leak", tone), ("normal", 0.1 * generator.standard_normal(16000))):
            for folder in (tmp_path / "my_sounds" / label, tmp_path / "new"):
                folder.mkdir(parents=True, exist_ok=True)
            soundfile.write(tmp_path / "my_sounds" / label / f"{i}.wav", sound, 16000)
            rows.append(f"{label}/{i}.wav,{label},{i % 2}")
    (tmp_path / "my_sounds" / "labels.csv").write_text("\n".join(rows))
    soundfile.write(tmp_path / "new" / "hiss.wav", sound, 16000)
    return tmp_path


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a command of a page, with more arguments behind it, and returns what it prints."""

    def run(command: str, *more: str) -> str:
        program, *arguments = [*shlex.split(command), *more]
        if program == "doppelganger-train":
            monkeypatch.setattr(sys, "argv", [program, *arguments])
            training_main()
        else:
            {"synths": synths_main, "doppelganger": doppelganger_main}[program](arguments)
        return capsys.readouterr().out

    return run
