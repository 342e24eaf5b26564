"""The gradients of a step that is not whole yet."""

from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor

from lightning_modules.sharding import FullySharded


class SaveGradients(Callback):
    """A checkpoint between two batches of one step (accumulate_grad_batches) holds the gradients so far.

    A resumed run adds those of the other batches. With several processes, their mean is kept. Fully sharded gradients
    are not kept.
    """

    def __init__(self):
        self._loaded: dict[str, Tensor] = {}

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        if trainer.fit_loop._should_accumulate() and not isinstance(trainer.strategy, FullySharded):
            gradients = {name: p.grad for name, p in pl_module.named_parameters() if p.grad is not None}
            checkpoint["gradients"] = {name: trainer.strategy.reduce(g.clone()) for name, g in gradients.items()}

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        self._loaded = checkpoint.get("gradients", {})

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        parameters = dict(pl_module.named_parameters())
        for name, gradient in self._loaded.items():
            parameters[name].grad = gradient.to(parameters[name])
        self._loaded = {}
