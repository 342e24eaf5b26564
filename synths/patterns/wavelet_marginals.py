"""Wavelet marginals: heavy-tailed wavelet coefficients, alone or with the spectrum of 1/f noise."""

import torch
from torch import Tensor

from synths.parameters import Parameter
from synths.patterns import spectrum, wavelets
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern

_LEVELS = 4

_MARGINALS = (
    Parameter("tail", 0.5, 2, doc="r of P(|coefficient| > t) = exp(-t^r): low is a few large strokes, 2 is even"),
    Parameter("slope", -0.5, 2, "octave", doc="amplitude lost from a scale to the next finer one"),
    Parameter("ridges", -20, 0, "dB", curve=2, doc="level of what stretches along time: tones"),
    Parameter("columns", -20, 0, "dB", curve=2, doc="level of what stretches along frequency: clicks"),
    Parameter("checks", -20, 0, "dB", doc="level of the diagonals"),
)


class WMM(Pattern):
    """Wavelet marginal model: every band of a wavelet transform is independent noise with heavy tails.

    Coefficients have random signs and Weibull magnitudes, the stretched exponentials of the source up to a
    power of t, and the transform is orthogonal, so that the marginals are met without iterations.

    Source: Baradad et al., Learning to See by Looking at Noise, 2021, section 3.2. Portilla and Simoncelli, A
    Parametric Texture Model Based on Joint Statistics of Complex Wavelet Coefficients, 2000.
    """

    knobs = _MARGINALS

    def draw(self, canvas: Canvas, **knobs: Tensor) -> Tensor:
        return _marginals(canvas, **knobs)


class SpectrumWMM(Pattern):
    """Wavelet marginals first, the spectrum of 1/f noise imposed on them.

    Source: see `Spectrum` and `WMM`.
    """

    precise = True  # where a component is almost 0, its phase depends on the last bits
    knobs = (*spectrum.EXPONENTS, _MARGINALS[0], *_MARGINALS[2:])

    def draw(
        self, canvas: Canvas, *, exponent_frequency: Tensor, exponent_time: Tensor, tilt: Tensor, **marginals: Tensor
    ) -> Tensor:
        picture = _marginals(canvas, slope=torch.ones_like(tilt), **marginals)
        component = torch.fft.rfft2(picture)
        magnitude = (component.real.square() + component.imag.square()).clamp_min(1e-12).sqrt()
        level = spectrum.amplitude(canvas, exponent_frequency, exponent_time, tilt)
        return torch.fft.irfft2(component * (level / magnitude), s=(canvas.n_mels, canvas.n_frames))


def _marginals(
    canvas: Canvas, *, tail: Tensor, slope: Tensor, ridges: Tensor, columns: Tensor, checks: Tensor
) -> Tensor:
    """A picture (batch, n_mels, n_frames) with these marginals: the corner of one whose sides can be halved often."""
    n_y, n_x = (-(-n // 2**_LEVELS) for n in (canvas.n_mels, canvas.n_frames))
    picture = _coefficients(canvas, 0, n_y, n_x, tail)
    for level in range(_LEVELS):
        n_y, n_x = picture.shape[1:]
        bands = [
            torch.exp2(-slope * level) * 10 ** (band_db / 20) * _coefficients(canvas, 3 * level + i, n_y, n_x, tail)
            for i, band_db in enumerate((ridges, columns, checks), start=1)
        ]
        picture = wavelets.merge(picture, *bands)
    return picture[:, : canvas.n_mels, : canvas.n_frames]


def _coefficients(canvas: Canvas, stream: int, n_y: int, n_x: int, tail: Tensor) -> Tensor:
    """Independent coefficients of variance 1."""
    chance = canvas.symmetric(stream, n_y, n_x)
    deviation = torch.exp(torch.lgamma(1 + 2 / tail) / 2)
    magnitude = (-torch.log(chance.abs().clamp(1e-7, 1 - 1e-6))) ** (1 / tail)
    return chance.sign() * magnitude / deviation
