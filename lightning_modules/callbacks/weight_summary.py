"""What is trained, in one line before the training."""

from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import ModelSummary
from torch import nn


class WeightSummary(ModelSummary):
    """Prints the number of weights that learn: in all, and of each part that has any."""

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.is_global_zero:
            print(summary(pl_module))


def summary(module: nn.Module) -> str:
    """Such as "Trains 1.7 M weights: encoder (ConvolutionalEncoder) 74.9 k, projection (Sequential) 1.6 M"."""
    parts: list[tuple[str, Any]] = [(name, child) for name, child in module.named_children() if _n_weights(child)]
    if len(parts) == 1 and list(parts[0][1].children()):
        parts = [(name, child) for name, child in parts[0][1].named_children() if _n_weights(child)]
    each = ", ".join(f"{name} ({type(child).__name__}) {_short(_n_weights(child))}" for name, child in parts)
    return f"Trains {_short(_n_weights(module))} weights: {each}"


def _n_weights(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def _short(n: int) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return str(n)
