"""The base of training data: workers send indices, and the sounds are rendered on the training device."""

from typing import Any

import torch
from pytorch_lightning import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader

from doppelganger import index_ranges
from doppelganger.streams.stream import Stream, split
from lightning_modules.blocks import IndexBlocks, RankBlocks
from synths import Synth


class SynthDataModule(LightningDataModule):
    """Items of a stream, rendered on the training device; every training epoch is fresh.

    Training takes one item after the other, over all ranks. A checkpoint holds the number of the next, so that a
    resumed run misses none and repeats none, on any number of ranks and with any batch size.

    Args:
        stream: index to batch, such as `doppelganger.streams.pairs.PairStream`.
        batch_size: items a step on each device.
        steps_per_epoch: training steps an epoch.
        n_validation_steps: steps of validation and of test, always on the same items.
        compile: compile the synth (pays off after some hundred thousand sounds on a CPU; always on a GPU).
        render_ahead: training steps whose items are rendered in one call. An H100 takes 0.44 s for 1,000 and for 4,000
            pairs of a bank of ten synths, and 0.83 s for 16,000, so 16 makes batches of 1,000 eight times as fast; on a
            CPU it changes nothing but memory. Not for labelled sounds.
    """

    def __init__(
        self,
        stream: Stream,
        batch_size: int = 256,
        steps_per_epoch: int = 100,
        n_validation_steps: int = 2,
        compile: bool = False,
        render_ahead: int = 1,
    ):
        super().__init__()
        _require_least(1, batch_size=batch_size, steps_per_epoch=steps_per_epoch, render_ahead=render_ahead)
        _require_least(0, n_validation_steps=n_validation_steps)
        if compile:
            stream.compile()
        self.stream = stream
        self.render_ahead = render_ahead
        self._rendered: dict[int, Any] = {}  # first item -> the batch of a step to come
        self.batch_size = batch_size
        self.steps_per_epoch = steps_per_epoch
        self.n_validation_steps = n_validation_steps
        self.next_item = index_ranges.TRAIN

    @property
    def synth(self) -> Synth:
        return self.stream.synth

    def train_dataloader(self) -> DataLoader:
        return self._loader(self.steps_per_epoch)

    def val_dataloader(self) -> DataLoader:
        return self._loader(self.n_validation_steps, index_ranges.VALIDATE)

    def test_dataloader(self) -> DataLoader:
        return self._loader(self.n_validation_steps, index_ranges.TEST)

    predict_dataloader = test_dataloader

    def on_before_batch_transfer(self, batch: Tensor, dataloader_idx: int) -> Tensor:
        # What is trained on counts, not what was fetched, which some strategies do before they load a checkpoint.
        trainer: Any = self.trainer
        if trainer and trainer.training:
            first, n_items = self.next_item, trainer.world_size * len(batch)
            if trainer.overfit_batches:  # the same few in every epoch
                first = index_ranges.TRAIN + trainer.fit_loop.epoch_loop.batch_progress.current.ready * n_items
            else:
                self.next_item += n_items
            batch = batch - batch[0] + (first + trainer.global_rank * len(batch))
        return batch

    @torch.no_grad()
    def on_after_batch_transfer(self, batch: Tensor, dataloader_idx: int) -> Any:
        trainer: Any = self.trainer
        if self.render_ahead == 1 or not (trainer and trainer.training) or trainer.overfit_batches:
            return self.stream(batch)
        step = trainer.world_size * len(batch)
        first = self.next_item - (trainer.world_size - trainer.global_rank) * len(batch)
        if first not in self._rendered:
            firsts = [first + i * step for i in range(self.render_ahead)]
            items = torch.cat([batch + (each - first) for each in firsts])
            self._rendered = dict(zip(firsts, split(self.stream(items), len(batch)), strict=True))
        return self._rendered.pop(first)

    def state_dict(self) -> dict[str, Any]:
        return {"next_item": self.next_item}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.next_item = state_dict["next_item"]

    def _loader(self, n_steps: int, first: int | None = None) -> DataLoader:
        """Blocks of indices from `first` on; none is training, which goes on from the next item."""
        trainer = self.trainer
        n_ranks, rank = (trainer.world_size, trainer.global_rank) if trainer else (1, 0)
        blocks = IndexBlocks(self.batch_size, n_steps)
        begin = (lambda: self.next_item) if first is None else (lambda: first)
        sampler = RankBlocks(blocks, n_ranks, rank, begin, endless=first is None)
        return DataLoader(blocks, batch_size=None, sampler=sampler)


def _require_least(least: int, **values: int) -> None:
    for name, value in values.items():
        if value < least:
            raise ValueError(f"{name}: expected at least {least}; got {value}")
