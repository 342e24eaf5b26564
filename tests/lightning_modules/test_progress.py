from functools import partial

import torch
from pytorch_lightning import Trainer

from doppelganger import LogMel
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.streams.pairs import Pairs
from lightning_modules.callbacks import OneLineProgress
from lightning_modules.data import SynthDataModule
from lightning_modules.pretraining import PretrainingModule
from tests.objectives.eight_sounds import stream_of


def test_progress_and_figures_are_one_line_of_80_columns(capfd, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    encoder = ConvolutionalEncoder(LogMel(n_mels=16, frame_multiple=1), dim=8, window_s=0.4)
    module = PretrainingModule(Contrastive(encoder, NTXent(), [8]), partial(torch.optim.SGD, lr=0.1))
    data = SynthDataModule(stream_of(Pairs), batch_size=4, steps_per_epoch=2)
    options = {"accelerator": "cpu", "logger": False, "enable_checkpointing": False, "enable_model_summary": False}
    Trainer(max_epochs=1, limit_val_batches=0, callbacks=[OneLineProgress()], **options).fit(module, data)
    lines = [line for line in capfd.readouterr().out.splitlines() if line.strip()]
    assert len(lines) == 1 and len(lines[0]) <= 80
    assert "2/2" in lines[0] and "loss: " in lines[0] and "top1: " in lines[0]
