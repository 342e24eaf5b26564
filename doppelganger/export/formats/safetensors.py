"""safetensors: the weights and nothing that could be executed; `load_encoder` reads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save as save_bytes

from doppelganger.checkpoints import EXPORTED
from doppelganger.encoders import AudioEncoder
from synths import files


def save(encoder: AudioEncoder, folder: Path, about: Mapping[str, Any]) -> list[Path]:
    """Writes model.safetensors, whose metadata says how to make the encoder again, and the same as config.json."""
    # The backbone's weights lie channels last, which the format does not know.
    weights = {name: value.detach().cpu().contiguous() for name, value in encoder.state_dict().items()}
    paths = [folder / EXPORTED, folder / "config.json"]
    files.write(paths[0], save_bytes(weights, metadata={"format": "pt", "doppelganger": json.dumps(about)}))
    files.write(paths[1], json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    return paths
