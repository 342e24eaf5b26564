"""A data set on disk in the layout of ESC-50."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

NAMES = ("low", "mid", "high")


@pytest.fixture(scope="module")
def esc50(tmp_path_factory) -> Path:
    """Sixty tones of three classes in two folds."""
    root = tmp_path_factory.mktemp("ESC-50")
    rng = np.random.default_rng(0)
    (root / "audio").mkdir()
    (root / "meta").mkdir()
    rows = []
    for i in range(60):
        tone = np.sin(2 * np.pi * (300, 900, 2500)[i % 3] * rng.uniform(0.9, 1.1) * np.arange(9000) / 16000)
        soundfile.write(root / "audio" / f"{i}.wav", 0.5 * tone, 16000)
        rows.append([f"{i}.wav", i // 3 % 2 + 1, NAMES[i % 3]])
    with (root / "meta" / "esc50.csv").open("w", newline="") as table:
        csv.writer(table).writerows([["filename", "fold", "category"], *rows])
    return root
