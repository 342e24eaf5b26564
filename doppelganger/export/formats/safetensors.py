"""safetensors: weights and no code; `load_encoder` reads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as save_bytes
from torch import Tensor

from doppelganger.checkpoints import EXPORTED
from doppelganger.encoders import Encoder
from synths import files


def save(encoder: Encoder, folder: Path, about: Mapping[str, Any]) -> list[Path]:
    """Write model.safetensors, with the recipe of the encoder as metadata, and config.json with the same metadata."""
    # The backbone's weights are channels last, which the format does not support.
    weights = {name: _smallest(value.detach().cpu().contiguous()) for name, value in encoder.state_dict().items()}
    paths = [folder / EXPORTED, folder / "config.json"]
    files.write(paths[0], save_bytes(weights, metadata={"format": "pt", "doppelganger": json.dumps(about)}))
    files.write(paths[1], json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    return paths


def _smallest(weights: Tensor) -> Tensor:
    """Weights in half precision where that changes none of them."""
    half = weights.half() if weights.dtype == torch.float32 else weights
    return half if torch.equal(half.to(weights.dtype), weights) else weights
