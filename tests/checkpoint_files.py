"""Checkpoints as training writes them, without a training."""

from pathlib import Path
from typing import Any

import torch

from doppelganger.encoders import Encoder
from doppelganger.objectives.objective import Objective


def save(path: Path, trained: Encoder | Objective, **more: Any) -> None:
    """Writes the checkpoint of an objective, or of an encoder alone as fine-tuning leaves it."""
    if isinstance(trained, Objective):
        prefix, encoder = "objective.", trained.encoder
        more = {"encoder_prefix": "objective.encoder.", "objective": trained.recipe()} | more
    else:
        prefix, encoder = "encoder.", trained
        more = {"encoder_prefix": prefix} | more
    weights = {prefix + name: value for name, value in trained.state_dict().items()}
    torch.save({"encoder": encoder.recipe(), "state_dict": weights} | more, path)
