"""PNG files of pictures, written by hand: no package for images is needed."""

import struct
import zlib

import torch
from torch import Tensor

# Nine colours of matplotlib's map magma, evenly spaced.
_MAGMA = ("000004", "1c1044", "4f127b", "812581", "b5367a", "e55064", "fb8761", "fec287", "fcfdbf")


def png(levels: Tensor, coloured: bool = False) -> bytes:
    """A PNG of levels uint8 (height, width), grey or from black over red to white; the first row is at the bottom."""
    height, width = levels.shape
    rows = b"".join(b"\0" + row.contiguous().cpu().numpy().tobytes() for row in levels.flip(0))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3 if coloured else 0, 0, 0, 0))]
    chunks += [(b"PLTE", _palette())] if coloured else []
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def to_bytes(image: Tensor) -> Tensor:
    """Levels uint8 of an image in [0, 1]."""
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)


def _palette() -> bytes:
    """256 colours, 3 bytes each: straight lines between those of `_MAGMA`."""
    stops = torch.tensor([list(bytes.fromhex(colour)) for colour in _MAGMA], dtype=torch.float64)
    steps = 255 / (len(stops) - 1)
    place = torch.arange(256, dtype=torch.float64) / steps
    low = place.long().clamp(max=len(stops) - 2)
    colours = torch.lerp(stops[low], stops[low + 1], (place - low)[:, None])
    return colours.round().to(torch.uint8).numpy().tobytes()
