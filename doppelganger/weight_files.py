"""Files of weights in the format safetensors, with a text about them and a checksum of both."""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from synths.files.plain_data import reason

_CHECKSUM = "checksum"  # of the metadata


def packed(weights: Mapping[str, Tensor], key: str, text: str) -> bytes:
    """A file of weights, with a text under a key of its metadata."""
    return save(dict(weights), metadata={"format": "pt", key: text, _CHECKSUM: _checksum(weights, text)})


def read(path: Path, key: str) -> tuple[str | None, dict[str, Tensor]]:
    """The text under a key of a file's metadata, None where there is none, and the weights.

    Files of other programs, and of ours before there were checksums, have none and are read without.

    Raises:
        ValueError: not such a file, not a whole one, or one whose checksum differs.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a .safetensors file, or not a whole one: {reason(error)}") from None
    text = metadata.get(key)
    if _CHECKSUM in metadata and metadata[_CHECKSUM] != _checksum(weights, text or ""):
        raise ValueError(
            f"{path} is damaged, or was changed: expected the checksum in its metadata; fetch or write the file again"
        )
    return text, weights


def _checksum(weights: Mapping[str, Tensor], text: str) -> str:
    hash = blake2b(text.encode(), digest_size=16)
    for name, weight in sorted(weights.items()):
        hash.update(f"\0{name} {weight.dtype} {tuple(weight.shape)} ".encode())
        hash.update(weight.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return hash.hexdigest()
