"""safetensors: weights and no code; `load_encoder` reads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save as save_bytes

from doppelganger.checkpoints import EXPORTED
from doppelganger.encoders import Encoder
from synths import files


def save(encoder: Encoder, folder: Path, about: Mapping[str, Any]) -> list[Path]:
    """Write model.safetensors, with the recipe of the encoder as metadata, and config.json with the same metadata."""
    # The backbone's weights are channels last, which the format does not support.
    weights = {name: value.detach().cpu().contiguous() for name, value in encoder.state_dict().items()}
    paths = [folder / EXPORTED, folder / "config.json"]
    files.write(paths[0], save_bytes(weights, metadata={"format": "pt", "doppelganger": json.dumps(about)}))
    files.write(paths[1], json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    return paths
