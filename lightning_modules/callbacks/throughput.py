"""Throughput: how fast a training is, and what its time goes into."""

from __future__ import annotations

import sys
import time
from typing import Any, cast

import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from doppelganger.streams.pairs import Pairs
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.synth_data import SynthDataModule
from synths import AudioSynth

# Parts of a step, in the order in which they follow each other; the rest of forward is the encoder and the loss.
_PARTS = ("sounds", "augmentation", "front end", "forward", "backward", "optimizer")


class Throughput(Callback):
    """Logs throughput/items_per_s, throughput/real_time (seconds of sound a second), the share of each part of a step
    and the peak of memory, in GB, which a CPU under Windows does not tell; on a GPU also the joules an item, where the
    driver tells the power.

    Measured on every `every_n_steps`-th step, where the device is waited for before and after each part. Sounds are
    what passes between two steps: the data module's work, and that of other callbacks, but no validation. With
    `render_ahead`, as many steps from there on are measured together, one of which renders for all.

    Args:
        every_n_steps: number of training steps between two measurements.
    """

    def __init__(self, every_n_steps: int = 50):
        self.every_n_steps = every_n_steps
        self._seconds: dict[str, float] = dict.fromkeys(_PARTS, 0.0)
        self._last = 0.0
        self._n_left = 0  # steps still to measure, before the figures are logged
        self._n_steps = 1
        self._is_validating = False
        self._hooks: list[Any] = []
        self._cuda = False

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not isinstance(pl_module, PretrainingModule):
            raise ValueError(
                "trainer.callbacks: Throughput measures the steps of a PretrainingModule; got a "
                f"{type(pl_module).__name__}: leave it out"
            )
        self._cuda = pl_module.device.type == "cuda"
        data: Any = trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]
        self._n_steps = data.render_ahead if isinstance(data, SynthDataModule) else 1
        parts = {"augmentation": ["augmentation", "waveform_augmentation"], "front end": ["encoder.frontend"]}
        modules = dict(cast(PretrainingModule, pl_module).objective.named_modules())
        for part, names in parts.items():
            for module in (modules[name] for name in names if name in modules):
                self._hooks += [
                    module.register_forward_pre_hook(lambda *_: self._lap("forward")),
                    module.register_forward_hook(lambda *_, part=part: self._lap(part)),
                ]

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self._n_left:
            self._lap("optimizer")
            self._n_left -= 1
            if not self._n_left:
                self._log(trainer, pl_module, batch)
        if not self._n_left and (trainer.global_step + 1) % self.every_n_steps == 0:
            self._n_left = self._n_steps
            self._seconds = dict.fromkeys(_PARTS, 0.0)
        self._last = self._now()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._is_validating = True

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._is_validating = False
        self._last = self._now()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self._lap("sounds")

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: torch.Tensor) -> None:
        self._lap("forward")

    def on_after_backward(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._lap("backward")

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    def _lap(self, part: str) -> None:
        """Adds the time since the last call to a part."""
        if self._n_left and not self._is_validating:
            now = self._now()
            self._seconds[part] += now - self._last
            self._last = now

    def _now(self) -> float:
        if self._n_left and self._cuda:
            torch.cuda.synchronize()
        return time.perf_counter()

    def _log(self, trainer: Trainer, pl_module: LightningModule, batch: Any) -> None:
        step_s = sum(self._seconds.values())
        n_items = cast(PretrainingModule, pl_module).batch_size * trainer.world_size * self._n_steps
        figures = {f"share of {part}": seconds / step_s for part, seconds in self._seconds.items()}
        figures["items_per_s"] = n_items / step_s
        if (memory_gb := self._memory_gb()) is not None:
            figures["memory_gb"] = memory_gb
        data: Any = trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]
        if isinstance(data, SynthDataModule) and isinstance(data.synth, AudioSynth):
            n_views = 2 if isinstance(batch, Pairs) else 1
            figures["real_time"] = n_views * n_items * data.synth.seconds / step_s
        if (watts := self._watts()) is not None:
            figures["joules_per_item"] = watts * trainer.world_size * step_s / n_items
        named = {f"throughput/{name}": value for name, value in figures.items()}
        for logger in trainer.loggers:  # Lightning's own log would repeat the figures of the last measurement
            logger.log_metrics(named, step=trainer.global_step - 1)

    def _memory_gb(self) -> float | None:
        if self._cuda:
            return torch.cuda.max_memory_allocated() / 1e9
        if sys.platform == "win32":
            return None
        import resource  # Windows has none

        unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, kB on Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9

    def _watts(self) -> float | None:
        if not self._cuda:
            return None
        try:
            return torch.cuda.power_draw() / 1000
        except (ModuleNotFoundError, RuntimeError):  # no pynvml, or a driver that does not tell
            return None
