"""A pack of recordings on disk, and the smallest training of the command line."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

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


# The smallest training that goes through the command line.
TINY = {
    "trainer": {"accelerator": "cpu", "max_epochs": 1, "enable_model_summary": False, "log_every_n_steps": 1},
    "data": {
        "class_path": "lightning_modules.data.SoundDataModule",
        "init_args": {
            "synth": {"class_path": "synths.patterns.white.White", "init_args": {"n_mels": 64, "n_frames": 48}},
            "batch_size": 4,
            "steps_per_epoch": 4,
            "n_validation_steps": 1,
        },
    },
    "model": {
        "class_path": "lightning_modules.pretraining.PretrainingModule",
        "init_args": {
            "objective": {
                "class_path": "doppelganger.objectives.masked_modeling_duo.MaskedModelingDuo",
                "init_args": {
                    "decoder_dim": 16,
                    "decoder_depth": 1,
                    "decoder_heads": 2,
                    "encoder": {
                        "class_path": "doppelganger.AudioEncoder",
                        "init_args": {
                            "backbone": "audio_vit_tiny",
                            "embedding_dim": None,
                            "window_s": 0.4,
                            "backbone_options": {"depth": 1, "patch_size": [16, 8], "drop_path_rate": 0.5},
                        },
                    },
                },
            },
            "optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 0.5}},
        },
    },
}


@pytest.fixture
def config(tmp_path, monkeypatch) -> str:
    """A tiny config in a folder of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    return str(tmp_path / "tiny.yaml")
