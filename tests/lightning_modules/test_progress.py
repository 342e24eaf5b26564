from functools import partial
from types import SimpleNamespace

import torch
from pytorch_lightning import Trainer

from doppelganger import LogMel
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.streams.pairs import Pairs
from lightning_modules.callbacks import OneLineProgress, progress
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.synth_data import SynthDataModule
from tests.objectives.eight_sounds import stream_of


def train(n_steps: int, **limits) -> None:
    encoder = ConvolutionalEncoder(LogMel(n_mels=16, frame_multiple=1), dim=8, window_s=0.4)
    module = PretrainingModule(Contrastive(encoder, NTXent(), [8]), partial(torch.optim.SGD, lr=0.1))
    data = SynthDataModule(stream_of(Pairs), batch_size=4, steps_per_epoch=n_steps)
    options = {"accelerator": "cpu", "logger": False, "enable_checkpointing": False, "enable_model_summary": False}
    limits = limits or {"max_epochs": 1}
    Trainer(**limits, limit_val_batches=0, callbacks=[OneLineProgress()], **options).fit(module, data)


def test_progress_and_figures_are_one_line_of_80_columns(capfd, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    train(2)
    lines = [line for line in capfd.readouterr().out.splitlines() if line.strip()]
    assert len(lines) == 1 and len(lines[0]) <= 80
    assert "2/2" in lines[0] and "loss: " in lines[0] and "top1: " in lines[0]


def test_an_open_number_of_epochs_is_not_shown(capfd):
    train(2, max_epochs=-1, max_steps=2)
    assert "Epoch 0 " in capfd.readouterr().out


def test_a_file_gets_a_line_now_and_then(capfd, monkeypatch):
    times = iter([0.0, 30.0, 61.0, 61.0, 62.0, *[122.0] * 9])
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(times)))
    train(4)
    lines = [line for line in capfd.readouterr().out.splitlines() if line.startswith("Epoch 0, step")]
    assert [line.partition(":")[0] for line in lines] == ["Epoch 0, step 2", "Epoch 0, step 4"]
    assert all("loss: " in line for line in lines)
