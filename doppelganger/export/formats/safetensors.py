"""safetensors: weights and no code; `load_encoder` reads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from doppelganger import weight_files
from doppelganger.checkpoints import EXPORTED
from doppelganger.encoders import Encoder
from synths import files


def save(encoder: Encoder, folder: Path, about: Mapping[str, Any]) -> list[Path]:
    """Write model.safetensors, with the recipe of the encoder as metadata, and config.json with the same metadata."""
    return write(packed(encoder, about), folder, about)


def write(data: bytes, folder: Path, about: Mapping[str, Any]) -> list[Path]:
    """Write what `packed` returned as model.safetensors, and config.json."""
    paths = [folder / EXPORTED, folder / "config.json"]
    files.write(paths[0], data)
    files.write(paths[1], json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    return paths


def packed(encoder: Encoder, about: Mapping[str, Any]) -> bytes:
    """What model.safetensors holds; the order of its metadata is random."""
    # The backbone's weights are channels last, which the format does not support.
    weights = {name: _smallest(value.detach().cpu().contiguous()) for name, value in encoder.state_dict().items()}
    return weight_files.packed(weights, "doppelganger", json.dumps(about))


def _smallest(weights: Tensor) -> Tensor:
    """Weights in half precision where that changes none of them."""
    half = weights.half() if weights.dtype == torch.float32 else weights
    return half if torch.equal(half.to(weights.dtype), weights) else weights
