"""A pack of recordings on disk."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

NAMES = ("low", "mid", "high")


@pytest.fixture(scope="module")
def tones(tmp_path_factory) -> Path:
    """Sixty tones of three classes in two folds."""
    root = tmp_path_factory.mktemp("tones")
    rng = np.random.default_rng(0)
    (root / "audio").mkdir()
    rows = []
    for i in range(60):
        tone = np.sin(2 * np.pi * (300, 900, 2500)[i % 3] * rng.uniform(0.9, 1.1) * np.arange(9000) / 16000)
        soundfile.write(root / "audio" / f"{i}.wav", 0.5 * tone, 16000)
        rows.append([f"audio/{i}.wav", NAMES[i % 3], i // 3 % 2 + 1])
    with (root / "labels.csv").open("w", newline="") as table:
        csv.writer(table).writerows([["file", "label", "fold"], *rows])
    return root
