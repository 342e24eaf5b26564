"""Masked pre-training on sounds, or patterns, that were never recorded."""

from typing import Any

from pytorch_lightning.cli import OptimizerCallable
from torch import Tensor

from doppelganger.objectives.masked import MaskedObjective
from doppelganger.streams.sounds import Sounds
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.schedules import Cosine, Schedule


class MaskedAutoencoderModule(PretrainingModule):
    """Learns from what is hidden of sounds or patterns.

    Args:
        pretext: `doppelganger.objectives.masked_autoencoder.MaskedAutoencoder`, or another way to learn from hidden patches.
        optimizer, schedule: see `PretrainingModule`; biases and norms have no weight decay.
    """

    vectors_decay = False

    def __init__(
        self,
        pretext: MaskedObjective,
        optimizer: OptimizerCallable,
        schedule: Schedule = Cosine(),  # noqa: B008 (it holds no state)
    ):
        super().__init__(pretext.encoder, optimizer, schedule)
        self.pretext = pretext

    def step(self, batch: Sounds, stage: str) -> Tensor:
        terms = self.pretext(batch.sound, batch.index)
        self.log_terms(terms, stage, len(batch.index))
        return terms["loss"]

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        super().optimizer_step(*args, **kwargs)
        self.pretext.after_step()
