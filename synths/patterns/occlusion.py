"""Occlusion: which of a thousand convex leaves is on top in each pixel."""

import torch
from torch import Tensor

from synths.patterns.canvas import Canvas

# Leaves are sorted by size into classes, drawn in patches just large enough for their class: there are many
# small ones in small patches and a few large ones.
_CLASSES = (256, 256, 256, 96, 96, 24, 24, 12, 4)
N_LEAVES = sum(_CLASSES)
_CODE = 1 << 11  # more than the number of leaves

SMALLEST = (0.03, 0.05)
EXPONENT = (2.7, 4.0)


def radii(canvas: Canvas, smallest: Tensor, exponent: Tensor) -> Tensor:
    """Radii of a density of r^-exponent from the smallest to 1, in heights: (batch, leaves), ascending."""
    share = (canvas.range(N_LEAVES) + canvas.uniform(0, N_LEAVES)) / N_LEAVES
    return _radius(share, smallest[:, 0], exponent[:, 0])


def _radius(share, smallest, exponent):
    """The radius that this share of leaves is smaller than."""
    most = smallest ** (1 - exponent)
    return (most + share * (1 - most)) ** (1 / (1 - exponent))


def on_top(
    canvas: Canvas, radius: Tensor, thin_y: Tensor, thin_x: Tensor, sin: Tensor, cos: Tensor, distance: Tensor
) -> Tensor:
    """Number of the leaf on top in every pixel; the ground is leaf 0.

    Args:
        canvas: draws the places and the depths.
        radius: in heights, (batch, leaves), ascending.
        thin_y, thin_x: (batch, 1, 1): how many times thinner leaves are in frequency and in time.
        sin, cos, distance: sides of leaves of radius 1, ``y sin + x cos <= distance``: (batch, 4, leaves) each.

    Returns:
        int64 (batch, n_mels, n_frames).
    """
    place = canvas.uniform(1, 2, N_LEAVES)
    # Depth and number in one code: the largest code of a pixel is that of the leaf on top.
    depth = (canvas.uniform(3, N_LEAVES) * (1 << 19)).int() * _CODE
    code = depth + torch.arange(N_LEAVES, device=canvas.device, dtype=torch.int32)
    top = code.new_zeros(len(code), canvas.n_mels * canvas.n_frames)
    first = 0
    for n in _CLASSES:
        some = slice(first, first + n)
        first += n
        size = int(2 * _radius(first / N_LEAVES, SMALLEST[1], EXPONENT[0]) * canvas.n_mels) + 2
        row, y = _patches(canvas, place[:, 0, some] * canvas.n_mels, size, canvas.n_mels)
        column, x = _patches(canvas, place[:, 1, some] * canvas.n_frames, size, canvas.n_frames)
        scale = 1 / (radius[:, some, None] * canvas.n_mels)
        y, x = y * (scale * thin_y), x * (scale * thin_x)
        inside = y.square()[..., None] + x.square()[:, :, None] <= 1
        for k in range(4):
            sin_k, cos_k, distance_k = (side[:, k, some, None] for side in (sin, cos, distance))
            inside &= (y * sin_k)[..., None] <= (distance_k - x * cos_k)[:, :, None]
        seen = torch.where(inside, code[:, some, None, None], 0)
        pixel = row[..., None] * canvas.n_frames + column[:, :, None]
        top = top.scatter_reduce(1, pixel.flatten(1), seen.flatten(1), "amax")
    return (top % _CODE).long().view(-1, canvas.n_mels, canvas.n_frames)


def _patches(canvas: Canvas, middle: Tensor, size: int, n_pixels: int) -> tuple[Tensor, Tensor]:
    """Pixels of patches around places, (batch, leaves), and their offsets from these: (batch, leaves, size) each."""
    size = min(size, n_pixels)
    start = (middle.floor() - size // 2).clamp(0, n_pixels - size)
    pixel = start[..., None] + canvas.range(size)
    return pixel.long(), pixel + 0.5 - middle[..., None]
