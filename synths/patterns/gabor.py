"""Gabor noise: a sum of short waves."""

import torch
from torch import Tensor

from synths.dsp.bounds import between
from synths.dsp.products import matmul
from synths.parameters import Parameter
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern

_N_WAVES = 192


class Gabor(Pattern):
    """Short waves at random places, of about one wavelength and one direction, like woven cloth or ripples.

    A wave under a Gaussian is a product of one factor per row and one per column, so all of them together are a
    matrix product.

    Source: Lagae et al., Procedural Noise using Sparse Gabor Convolution, 2009.
    """

    precise = True
    knobs = (
        Parameter("cycles", 2, 20, curve=0.6, doc="of a wave, in the height of the picture"),
        Parameter("cycles_spread", 0, 1, "octave", doc="standard deviation of the number of cycles"),
        Parameter("direction", -1.6, 1.6, "rad", doc="0 is level ridges, above 0 rising ones"),
        Parameter("direction_spread", 0, 1.6, "rad", curve=0.6, doc="standard deviation of the direction"),
        Parameter("length", 0.02, 0.4, curve=0.5, doc="standard deviation of a wave's envelope, in heights"),
        Parameter("stretch", -1.5, 1.5, "octave", doc="envelopes longer in time (above 0) or in frequency (below)"),
        Parameter("waves", 4, _N_WAVES, curve=0.6, doc="number of waves"),
    )

    def draw(
        self,
        canvas: Canvas,
        *,
        cycles: Tensor,
        cycles_spread: Tensor,
        direction: Tensor,
        direction_spread: Tensor,
        length: Tensor,
        stretch: Tensor,
        waves: Tensor,
    ) -> Tensor:
        chance, normal = canvas.uniform(0, 3, 1, _N_WAVES), canvas.normal(1, 3, 1, _N_WAVES)
        scale_y, scale_x = canvas.scales(stretch)
        y, x = canvas.y() - chance[:, 0], canvas.x().mT - canvas.width * chance[:, 1]  # (batch, pixels, waves)
        # A wave shorter than two pixels would alias.
        wave_number = (cycles * torch.exp2(cycles_spread * normal[:, 0])).clamp_max(canvas.n_mels / 2)
        angle = direction + direction_spread * normal[:, 1]
        turns_y, turns_x = y * wave_number * torch.cos(angle), -x * wave_number * torch.sin(angle) + chance[:, 2]
        level = normal[:, 2] * between(waves - canvas.range(_N_WAVES), 0, 1)
        envelope_y, envelope_x = (
            level * torch.exp(-0.5 * (y / length * scale_y).square()),
            torch.exp(-0.5 * (x / length * scale_x).square()),
        )
        real_y, imag_y = envelope_y * torch.cos(2 * torch.pi * turns_y), envelope_y * torch.sin(2 * torch.pi * turns_y)
        real_x, imag_x = envelope_x * torch.cos(2 * torch.pi * turns_x), envelope_x * torch.sin(2 * torch.pi * turns_x)
        return matmul(real_y, real_x.mT) - matmul(imag_y, imag_x.mT)
