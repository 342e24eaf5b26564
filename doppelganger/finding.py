"""Find an encoder by path or name."""

import difflib
from pathlib import Path

from doppelganger.checkpoints import load_encoder, shipped_encoders
from doppelganger.encoders import AudioEncoder, Encoder
from doppelganger.encoders.audio_encoder import is_backbone
from doppelganger.encoders.module_encoder import find_module, is_module
from doppelganger.encoders.transformers_encoder import TransformersEncoder
from doppelganger.evaluation.baselines import LogMelStatistics

TRANSFORMERS = "transformers:"


def find_encoder(name: str) -> Encoder:
    """The encoder of a name, in evaluation mode.

    Args:
        name: a path or a name that `load_encoder` takes; "log-mel"; a timm model, which gets random weights;
            "transformers:FOLDER", see `TransformersEncoder`; or "package.module:Class", see `ModuleEncoder`.

    Raises:
        FileNotFoundError, ValueError: see `load_encoder`, `TransformersEncoder` and `ModuleEncoder`.
    """
    if name == "log-mel":
        return LogMelStatistics(16000, 1.0)
    if name.startswith(TRANSFORMERS):
        return TransformersEncoder.from_folder(name.removeprefix(TRANSFORMERS))
    if Path(name).exists() or name in shipped_encoders() or ("/" in name and not is_module(name)):
        return load_encoder(name)
    if is_module(name):
        return find_module(name)
    if near := difflib.get_close_matches(name, shipped_encoders(), n=2, cutoff=0.7):
        raise FileNotFoundError(f"no encoder {name}; did you mean {' or '.join(near)}?")
    try:
        untrained = is_backbone(name)
    except ValueError as error:
        raise FileNotFoundError(f"no checkpoint at {name}, and {error}") from None
    return AudioEncoder(name, embedding_dim=None).untrained(seed=0).eval() if untrained else load_encoder(name)


def is_foreign(name: str) -> bool:
    """Whether a name is transformers:FOLDER or a class of another package."""
    return name.startswith(TRANSFORMERS) or (not Path(name).exists() and is_module(name))
