"""Small packs of tones, a small encoder to embed them, and what a training leaves behind."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import nn

from doppelganger.encoders import Encoder

SAMPLE_RATE = 8000


class Spectrum(Encoder):
    """A small encoder: log energy of 32 bands of the spectrum times random weights."""

    sample_rate = SAMPLE_RATE
    window_s = 0.5
    embedding_dim = 32

    def __init__(self, seed: int = 0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(32, 32, generator=torch.Generator().manual_seed(seed)))

    def forward(self, waveform):
        bands = torch.fft.rfft(waveform).abs()[:, 1:1985].unflatten(1, (32, -1)).mean(dim=2)
        return torch.log1p(bands) @ self.weight

    def untrained(self, seed: int = 0):
        return Spectrum(seed)


@pytest.fixture
def encoder():
    return Spectrum(seed=7)


class SmallPack:
    """A pack on disk whose labels can be rewritten."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "audio").mkdir(parents=True)

    def write(self, rows, columns=("file", "label", "fold")):
        with (self.folder / "labels.csv").open("w", encoding="utf-8", newline="") as table:
            csv.writer(table).writerows([columns, *rows])

    def read(self):
        with (self.folder / "labels.csv").open(encoding="utf-8", newline="") as table:
            return list(csv.reader(table))[1:]

    def spoil(self):
        """Add unusable files, unlisted; returns file -> part of the reason."""
        audio = self.folder / "audio"
        soundfile.write(audio / "empty.wav", np.zeros(0), SAMPLE_RATE)
        soundfile.write(audio / "nan.wav", np.array([0.1, np.nan, 0.2]), SAMPLE_RATE, subtype="FLOAT")
        soundfile.write(audio / "infinite.wav", np.array([0.1, np.inf, 0.2]), SAMPLE_RATE, subtype="FLOAT")
        (audio / "corrupt.wav").write_bytes(b"RIFF this is not a sound")
        (audio / "zero.ogg").write_bytes(b"")
        return {
            "audio/empty.wav": "no samples",
            "audio/nan.wav": "NaN",
            "audio/infinite.wav": "infinite",
            "audio/corrupt.wav": "readable",
            "audio/zero.ogg": "readable",
            "audio/missing.wav": "no such file",
        }


@pytest.fixture
def tone():
    def tone(frequency_hz, seconds=0.6, sample_rate=SAMPLE_RATE):
        return 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * sample_rate)) / sample_rate)

    return tone


@pytest.fixture
def make_pack(tmp_path, tone):
    """Write a pack of low and high tones, the folds assigned in turn."""

    def make(folds=("1", "2", "3"), n_clips=24, name="tones", labels=("low", "high")):
        pack = SmallPack(tmp_path / name)
        rng = np.random.default_rng(0)
        rows = []
        for i in range(n_clips):
            label = labels[i // len(folds) % len(labels)]
            frequency_hz = rng.uniform(200, 400) if label == labels[0] else rng.uniform(1000, 2000)
            soundfile.write(pack.folder / "audio" / f"{i}.wav", tone(frequency_hz), SAMPLE_RATE)
            rows.append([f"audio/{i}.wav", label, folds[i % len(folds)]])
        pack.write(rows)
        return pack

    return make


METRICS = """epoch,step,train/loss,val/loss,train/top1_accuracy,val/top1_accuracy,probe/pitch,lr-AdamW
0,9,2.5,,0.25,,,
,9,,,,,,0.1
0,19,nan,2.25,0.5,0.375,0.6,
1,29,1.5,,0.75,,,
1,39,1.0,1.125,1.0,0.5,0.8,
1,4"""


@pytest.fixture
def config():
    synth = {"class_path": "synths.Voice", "init_args": {"sample_rate": 16000, "seconds": 0.5}}
    step = {"class_path": "doppelganger.streams.perturbations.Gaussian", "init_args": {"delta": 0.1}}
    return {"data": {"init_args": {"synth": synth, "perturbation": step, "batch_size": 8, "seed": 1}}}


@pytest.fixture
def metrics(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(METRICS, encoding="utf-8")
    return path


@pytest.fixture
def of_any_size(monkeypatch):
    """Let a tiny copy pass for the whole data set."""
    for module in ("completeness", "hear_kit"):
        monkeypatch.setattr(f"doppelganger.evaluation.{module}.require_whole", lambda *args: None)
