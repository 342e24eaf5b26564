"""Sounds and pictures in the loggers."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from pytorch_lightning.loggers import WandbLogger

from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.objectives.masked_autoencoder import Reconstruction
from doppelganger.streams.pairs import Pairs
from lightning_modules.callbacks import PairLogger
from lightning_modules.callbacks.media import log_figure
from lightning_modules.callbacks.reconstruction_logger import draw


class Log(WandbLogger):
    """The steps of what a W&B logger gets."""

    def __init__(self):
        self.steps: dict[str, Any] = {}

    def log_audio(self, key, audios, step=None, **kwargs):
        self.steps[key] = step

    def log_image(self, key, images, step=None, **kwargs):
        self.steps[key] = step


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_sounds_and_pictures_have_the_step_of_the_training(dtype):
    encoder = ConvolutionalEncoder(dim=None, channels=2, window_s=0.4).to(dtype).eval()
    log = Log()
    trainer = SimpleNamespace(sanity_checking=False, is_global_zero=True, global_step=7, loggers=[log])
    sounds, theta = torch.rand(2, 6400, generator=torch.Generator().manual_seed(0)), torch.zeros(2, 1)
    pairs = Pairs(torch.arange(2), theta, theta, theta, sounds, sounds)
    with torch.no_grad():
        PairLogger().on_validation_batch_end(trainer, SimpleNamespace(encoder=encoder), None, pairs, 0)
    assert log.steps == dict.fromkeys(["pairs/0a", "pairs/1a", "pairs/0b", "pairs/1b", "pairs/pictures"], 7)


def test_reconstructions_in_half_precision_are_drawn():
    figure = draw(Reconstruction(*(torch.rand(2, 8, 6).bfloat16() for _ in Reconstruction._fields)))
    assert len(figure.axes) == 6
    log = Log()
    log_figure(SimpleNamespace(global_step=3, loggers=[log]), "filled in", figure)
    assert log.steps == {"filled in": 3}
