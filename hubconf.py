"""Encoders for torch.hub: ``torch.hub.load(REPOSITORY, "small")``, REPOSITORY as owner/name on GitHub or a folder."""

from collections.abc import Callable
from typing import Any

import doppelganger
from doppelganger.checkpoints import shipped_encoders
from doppelganger.encoders import Encoder

dependencies = ["torch", "numpy", "safetensors"]


def encoder(path: str, **changes: Any) -> Encoder:
    """The encoder of a checkpoint, of an exported file or folder, or on the Hugging Face Hub; see `load_encoder`.

    Args:
        path: see `doppelganger.load_encoder`.
        changes: arguments of the encoder in place of its own, such as `pooling`.
    """
    return doppelganger.load_encoder(path, changes)


def _shipped(name: str) -> Callable[..., Encoder]:
    def load(**changes: Any) -> Encoder:
        return encoder(name, **changes)

    load.__doc__ = f"The encoder {name!r} of the package; takes the arguments of the encoder to change, as `encoder`."
    return load


globals().update({name: _shipped(name) for name in shipped_encoders()})
