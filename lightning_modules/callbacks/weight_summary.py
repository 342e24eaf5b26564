"""What is trained, in one line before the training."""

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
    parts = _parts(module)
    if len(parts) == 1 and list(parts[0][1].children()):
        parts = _parts(parts[0][1])
    each = ", ".join(f"{name} ({type(child).__name__}) {_short(n)}" for name, child, n in parts)
    n_weights = sum(p.numel() for p in module.parameters() if p.requires_grad)
    return f"Trains {_short(n_weights)} weights: {each}"


def _parts(module: nn.Module) -> list[tuple[str, nn.Module, int]]:
    """Name, child and number of weights of the children with any; shared weights count for the first."""
    parts, seen = [], set()
    for name, child in module.named_children():
        weights = {id(p): p.numel() for p in child.parameters() if p.requires_grad and id(p) not in seen}
        seen |= weights.keys()
        if weights:
            parts.append((name, child, sum(weights.values())))
    return parts


def _short(n: int) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return str(n)
