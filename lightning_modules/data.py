"""Data: numbers travel, sounds are made where they are needed."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import torch
from pytorch_lightning import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader

from doppelganger.labels.labeller import Labeller
from doppelganger.labels.labels import LabelledSounds
from doppelganger.pairs import Gaussian, Pairs, PairStream, Perturbation
from doppelganger.sounds import Sounds
from lightning_modules.blocks import IndexBlocks, RankBlocks
from synths import Synth

# Train, validation and test have index ranges of their own, too long to ever meet.
_FIRST_INDEX = {"train": 0, "validate": 1 << 40, "test": 2 << 40}


class SynthDataModule(LightningDataModule, ABC):
    """What a synth makes, rendered on the training device; every training epoch is fresh.

    A subclass says in `make` what a batch of numbers becomes. Training takes one item after the other, over all ranks;
    a checkpoint holds the number of the next, so that a resumed run misses none and repeats none, on any number of
    ranks and with any batch size.

    Args:
        synth: makes the sounds, or the patterns.
        batch_size: items a step on each device.
        steps_per_epoch: training steps an epoch.
        n_validation_steps: steps of validation and of test; always the same items.
        seed: of every theta and noise.
        compile: compile the synth (pays off after some hundred thousand sounds on a CPU; always on a GPU).
    """

    def __init__(
        self, synth: Synth, batch_size: int, steps_per_epoch: int, n_validation_steps: int, seed: int, compile: bool
    ):
        super().__init__()
        if compile:
            synth.compile()
        self.compiles = compile
        self.synth = synth
        self.batch_size = batch_size
        self.steps_per_epoch = steps_per_epoch
        self.n_validation_steps = n_validation_steps
        self.seed = seed
        self.next_item = _FIRST_INDEX["train"]

    @abstractmethod
    def make(self, index: Tensor) -> Any:
        """The batch of items with these numbers, int64 (batch,), on index's device."""

    def train_dataloader(self) -> DataLoader:
        return self._loader("train", self.steps_per_epoch)

    def val_dataloader(self) -> DataLoader:
        return self._loader("validate", self.n_validation_steps)

    def test_dataloader(self) -> DataLoader:
        return self._loader("test", self.n_validation_steps)

    predict_dataloader = test_dataloader

    def on_before_batch_transfer(self, batch: Tensor, dataloader_idx: int) -> Tensor:
        # What is trained on counts, not what was fetched. The numbers are still on the CPU: reading one waits for none.
        if self.trainer and self.trainer.training:
            n_ranks, rank = self.trainer.world_size, self.trainer.global_rank
            self.next_item = int(batch[0]) + (n_ranks - rank) * len(batch)
        return batch

    def state_dict(self) -> dict[str, Any]:
        return {"next_item": self.next_item}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.next_item = state_dict["next_item"]

    def on_after_batch_transfer(self, batch: Tensor, dataloader_idx: int) -> Any:
        with torch.no_grad():
            return self.make(batch)

    def _loader(self, split: str, n_steps: int) -> DataLoader:
        trainer = self.trainer
        n_ranks, rank = (trainer.world_size, trainer.global_rank) if trainer else (1, 0)
        blocks = IndexBlocks(self.batch_size, n_steps)
        training = split == "train"
        first = (lambda: self.next_item) if training else (lambda: _FIRST_INDEX[split])
        sampler = RankBlocks(blocks, n_ranks, rank, first, endless=training)
        return DataLoader(blocks, batch_size=None, sampler=sampler)


class PairDataModule(SynthDataModule):
    """Doppelgänger pairs, rendered on the training device; every training epoch is fresh.

    Args:
        synth: makes the sounds.
        perturbation: makes the two views of a theta.
        batch_size: pairs a step on each device.
        steps_per_epoch: training steps an epoch.
        n_validation_steps: steps of validation and of test; always the same pairs.
        seed: of every theta and noise.
        compile: compile the synth (pays off after some hundred thousand sounds on a CPU; always on a GPU).
    """

    def __init__(
        self,
        synth: Synth,
        perturbation: Perturbation = Gaussian(),  # noqa: B008 (it holds nothing but a number)
        batch_size: int = 768,
        steps_per_epoch: int = 117,
        n_validation_steps: int = 4,
        seed: int = 0,
        compile: bool = False,
    ):
        if batch_size < 2:
            raise ValueError(f"data.batch_size must be at least 2, so that a pair has strangers; got {batch_size}")
        super().__init__(synth, batch_size, steps_per_epoch, n_validation_steps, seed, compile)
        self.pairs = PairStream(synth, perturbation, seed)

    def make(self, index: Tensor) -> Pairs:
        return self.pairs(index)


class SoundDataModule(SynthDataModule):
    """Sounds, or patterns, one by one, made on the training device; every training epoch is fresh.

    Args:
        synth: makes them.
        batch_size: items a step on each device.
        steps_per_epoch: training steps an epoch.
        n_validation_steps: steps of validation and of test; always the same items.
        seed: of every theta and noise.
        compile: compile the synth (pays off after some hundred thousand sounds on a CPU; always on a GPU).
    """

    def __init__(
        self,
        synth: Synth,
        batch_size: int = 256,
        steps_per_epoch: int = 100,
        n_validation_steps: int = 2,
        seed: int = 0,
        compile: bool = False,
    ):
        super().__init__(synth, batch_size, steps_per_epoch, n_validation_steps, seed, compile)

    def make(self, index: Tensor) -> Sounds:
        theta = self.synth.sample(index, self.seed)
        return Sounds(index, theta, self.synth.render(theta, self.synth.noise_key(index, self.seed)))


class LabelledDataModule(SoundDataModule):
    """Sounds and what is known of them, made on the training device; every training epoch is fresh.

    Args:
        synth: makes the sounds.
        batch_size: sounds a step on each device.
        steps_per_epoch: training steps an epoch.
        n_validation_steps: steps of validation and of test; always the same sounds.
        seed: of every theta and noise, and of how captions are worded.
        compile: compile the synth and what listens (pays off after some hundred thousand sounds on a CPU; always on a
            GPU).
        n_tags: learn from the best so many of the tags; none is all of them.
    """

    def __init__(
        self,
        synth: Synth,
        batch_size: int = 256,
        steps_per_epoch: int = 100,
        n_validation_steps: int = 2,
        seed: int = 0,
        compile: bool = False,
        n_tags: int | None = None,
    ):
        super().__init__(synth, batch_size, steps_per_epoch, n_validation_steps, seed, compile)
        self.n_tags = n_tags

    @cached_property
    def labeller(self) -> Labeller:
        """Made when it is first needed: it may have to listen to many sounds."""
        labeller = Labeller(self.synth, self.seed, n_tags=self.n_tags)
        if self.compiles:
            labeller.compile()
        return labeller

    def make(self, index: Tensor) -> LabelledSounds:
        made = super().make(index)
        labels = self.labeller(made.index, made.theta, made.sound)
        return LabelledSounds(made.index, made.theta, made.sound, labels)
