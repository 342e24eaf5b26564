"""safetensors: the weights and nothing that could be executed; `load_encoder` reads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save as save_bytes

from doppelganger.checkpoints import EXPORTED
from doppelganger.encoders import Encoder


def save(encoder: Encoder, folder: Path, about: Mapping[str, Any]) -> list[Path]:
    """Writes model.safetensors, whose metadata says how to make the encoder again, and the same as config.json."""
    # The backbone's weights lie channels last, which the format does not know.
    weights = {name: value.detach().cpu().contiguous() for name, value in encoder.state_dict().items()}
    paths = [folder / EXPORTED, folder / "config.json"]
    # The library's own save_file lets nobody but the user read the file.
    paths[0].write_bytes(save_bytes(weights, metadata={"format": "pt", "doppelganger": json.dumps(about)}))
    paths[1].write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return paths
