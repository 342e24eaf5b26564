"""Sounds and pictures in the loggers."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.loggers import WandbLogger

from doppelganger.encoders import ConvolutionalEncoder, Encoder
from doppelganger.encoders.module_encoder import ModuleEncoder
from doppelganger.objectives.masked_autoencoder import Reconstruction
from doppelganger.streams.pairs import Pairs
from doppelganger.streams.sounds import Sounds
from lightning_modules.callbacks import PairLogger, ReconstructionLogger, Throughput
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


INDEX, THETA = torch.arange(2), torch.zeros(2, 1)
SOUNDS = torch.rand(2, 6400, generator=torch.Generator().manual_seed(0))
PAIRS = Pairs(INDEX, THETA, THETA, THETA, SOUNDS, SOUNDS)
NAMES = ["pairs/0a", "pairs/1a", "pairs/0b", "pairs/1b"]


class Level(torch.nn.Module):
    sample_rate = 16000

    def forward(self, waveform):
        return waveform.abs().mean(1, keepdim=True)


def logged(encoder: Encoder, batch: Pairs | Sounds) -> dict[str, int]:
    """The steps of what the logger gets after 7 steps of training."""
    log = Log()
    trainer = SimpleNamespace(sanity_checking=False, is_global_zero=True, global_step=7, loggers=[log])
    with torch.no_grad():
        PairLogger().on_validation_batch_end(trainer, SimpleNamespace(encoder=encoder), None, batch, 0)
    return log.steps


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_sounds_and_pictures_have_the_step_of_the_training(dtype):
    encoder = ConvolutionalEncoder(dim=None, channels=2, window_s=0.4).to(dtype).eval()
    assert logged(encoder, PAIRS) == dict.fromkeys([*NAMES, "pairs/pictures"], 7)


def test_an_encoder_without_a_spectrogram_has_sounds_and_an_objective_without_pairs_nothing():
    assert logged(ModuleEncoder(Level()), PAIRS) == dict.fromkeys(NAMES, 7)
    assert logged(ModuleEncoder(Level()), Sounds(INDEX, THETA, SOUNDS)) == {}


def test_reconstructions_in_half_precision_are_drawn():
    figure = draw(Reconstruction(*(torch.rand(2, 8, 6).bfloat16() for _ in Reconstruction._fields)))
    assert len(figure.axes) == 6
    log = Log()
    log_figure(SimpleNamespace(global_step=3, loggers=[log]), "filled in", figure)
    assert log.steps == {"filled in": 3}


def test_of_a_fine_tuning_nothing_is_reconstructed_and_throughput_is_refused():
    trainer: Any = SimpleNamespace(sanity_checking=False)
    ReconstructionLogger().on_validation_batch_end(trainer, LightningModule(), None, Sounds(INDEX, THETA, SOUNDS), 0)
    with pytest.raises(ValueError, match="measures the steps of a PretrainingModule; got a LightningModule"):
        Throughput().on_fit_start(trainer, LightningModule())
