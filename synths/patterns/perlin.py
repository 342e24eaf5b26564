"""Perlin noise: interpolated gradients of a lattice, at several scales."""

import torch
from torch import Tensor

from synths.dsp.bounds import between
from synths.dsp.products import matmul
from synths.parameters import Parameter
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern

N_OCTAVES = 6
_COARSEST, _FINEST = 1.0, 6.0
_STRETCH = 1.5


class Perlin(Pattern):
    """Fractional Brownian motion from gradient noise, like clouds or marble.

    Octave o has cells ``2^o`` times as many and an amplitude of ``2^(-hurst o)``. Weights of the corners are a
    product of one factor per row and one per column, so an octave is a matrix product.

    Source: Perlin, An Image Synthesizer, 1985, and Improving Noise, 2002 (the fade curve).
    """

    knobs = (
        Parameter("cells", _COARSEST, _FINEST, doc="of the coarsest octave, in the height of the picture"),
        Parameter("hurst", 0, 1.5, doc="amplitude lost per octave, as a power of 2: 0 is grain, 1.5 is smooth"),
        Parameter("octaves", 1, N_OCTAVES, doc="scales that are added"),
        Parameter("stretch", -_STRETCH, _STRETCH, "octave", doc="longer in time (above 0) or in frequency (below)"),
        Parameter("ridge", 0, 1, "ratio", doc="0 is clouds, 1 folds values at 0 into ridges"),
    )

    def draw(
        self, canvas: Canvas, *, cells: Tensor, hurst: Tensor, octaves: Tensor, stretch: Tensor, ridge: Tensor
    ) -> Tensor:
        scale_y, scale_x = canvas.scales(stretch)
        picture = torch.zeros((), dtype=canvas.dtype, device=canvas.device)
        for octave in range(N_OCTAVES):
            per_y, per_x = cells * scale_y * 2**octave, cells * scale_x * 2**octave
            noise = gradient_noise(canvas, octave, per_y, per_x, _FINEST * 2**octave * 2 ** (_STRETCH / 2))
            folded = (1 - ridge) * noise + ridge * (0.25 - (noise.square() + 1e-6).sqrt())
            # A lattice finer than the pixels fades out.
            fine = (2 - 2 * torch.maximum(per_y, per_x) / canvas.n_mels).clamp(0, 1)
            picture = picture + between(octaves - octave, 0, 1) * fine * torch.exp2(-hurst * octave) * folded
        return picture


def gradient_noise(canvas: Canvas, stream: int, per_y: Tensor, per_x: Tensor, most: float) -> Tensor:
    """Perlin's noise on a lattice of so many cells in a height of the picture.

    Args:
        per_y, per_x: (batch, 1, 1), cells along frequency and time, at most `most`.

    Returns:
        (batch, n_mels, n_frames) in [-1, 1], 0 at the corners of the cells.
    """
    # The noise has faded out beyond one cell per pixel.
    most = min(most, canvas.n_mels)
    n_y, n_x = int(most) + 2, int(most * canvas.width) + 2
    slope_y, slope_x = slopes(canvas, stream, n_y, n_x)
    offset_y = (canvas.y() * per_y).clamp_max(n_y - 1) - canvas.range(n_y)  # (batch, n_mels, n_y)
    offset_x = (canvas.x() * per_x).mT.clamp_max(n_x - 1) - canvas.range(n_x)  # (batch, n_frames, n_x)
    weight_y, weight_x = _fade(offset_y), _fade(offset_x)
    rise_y = matmul(matmul(weight_y * offset_y, slope_y), weight_x.mT)
    return rise_y + matmul(matmul(weight_y, slope_x), (weight_x * offset_x).mT)


def slopes(canvas: Canvas, stream: int, n_y: int, n_x: int) -> tuple[Tensor, Tensor]:
    """Unit gradients at the corners of the lattice, along frequency and time: (batch, n_y, n_x) each."""
    angle = torch.pi * canvas.symmetric(stream, n_y, n_x)
    return torch.sin(angle), torch.cos(angle)


def _fade(offset: Tensor) -> Tensor:
    """Weight of a corner at this distance: from 1 at 0 to 0 at 1."""
    t = 1 - offset.abs().clamp_max(1)
    return t**3 * (t * (6 * t - 15) + 10)
