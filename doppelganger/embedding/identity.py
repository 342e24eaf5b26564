"""The identity of an encoder: what its embeddings depend on, besides the sound."""

import json
import sys
from hashlib import blake2b
from pathlib import Path

import torch

from doppelganger.encoders import Encoder

_REVISION = 3  # raise it when clips are cut, embedded or stored differently: it invalidates all kept embeddings
_VERSIONED = ("doppelganger", "synths", "torch", "torchaudio", "torchvision", "timm", "transformers")


def identity(encoder: Encoder) -> str:
    """A hash of an encoder's recipe and weights, and of the code of its classes and their bases from other packages."""
    made = [_REVISION, encoder.recipe(), encoder.sample_rate, encoder.window]
    hash = blake2b(json.dumps(made, sort_keys=True).encode(), digest_size=16)
    for name, weight in sorted(encoder.state_dict().items()):
        hash.update(name.encode())
        hash.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    for path in sorted(_foreign_code(encoder)):
        hash.update(path.read_bytes())
    return hash.hexdigest()


def _foreign_code(encoder: Encoder) -> set[Path]:
    """Files of the classes of an encoder's parts and of their bases, but for ours, torch's, and those of libraries."""
    classes = {base for part in encoder.modules() for base in type(part).__mro__}
    known = {*_VERSIONED, *sys.stdlib_module_names}
    modules = {cls.__module__ for cls in classes if cls.__module__.partition(".")[0] not in known}
    files = [getattr(sys.modules.get(name), "__file__", None) for name in modules]
    return {Path(file) for file in files if file and Path(file).is_file()}
