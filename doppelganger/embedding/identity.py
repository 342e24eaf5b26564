"""The identity of an encoder: what its embeddings depend on, besides the sound."""

import json
from hashlib import blake2b

import torch

from doppelganger.embedding.own_code import own_code
from doppelganger.encoders import Encoder

_REVISION = 3  # raise it when clips are cut, embedded or stored differently: it invalidates all kept embeddings


def identity(encoder: Encoder) -> str:
    """A hash of an encoder's recipe and weights, and of the code of its classes from other packages, see `own_code`."""
    made = [_REVISION, encoder.recipe(), encoder.sample_rate, encoder.window, encoder.max_window]
    hash = blake2b(json.dumps(made, sort_keys=True).encode(), digest_size=16)
    for name, weight in sorted(encoder.state_dict().items()):
        hash.update(name.encode())
        hash.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    classes = {base for part in encoder.modules() for base in type(part).__mro__}
    for path in sorted(own_code({cls.__module__ for cls in classes})):
        hash.update(path.read_bytes())
    return hash.hexdigest()
