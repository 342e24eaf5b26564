"""1/f noise: random phases under a power-law spectrum."""

import torch
from torch import Tensor

from synths.parameters import Parameter
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern

EXPONENTS = (
    Parameter("exponent_frequency", 0.5, 3, doc="alpha of 1/f^alpha along frequency: 0.5 is grain, 3 is clouds"),
    Parameter("exponent_time", 0.5, 3, doc="alpha of 1/f^alpha along time"),
    Parameter("tilt", -0.8, 0.8, "rad", doc="turns the two axes, so that ridges rise or fall"),
)


class Spectrum(Pattern):
    """Noise whose amplitude falls as a power of spatial frequency, one power for each axis.

    Source: Baradad et al., Learning to See by Looking at Noise, 2021, section 3.2 (statistical image models).
    """

    knobs = EXPONENTS

    def draw(self, canvas: Canvas, *, exponent_frequency: Tensor, exponent_time: Tensor, tilt: Tensor) -> Tensor:
        return noise(canvas, 0, exponent_frequency, exponent_time, tilt)


def noise(canvas: Canvas, stream: int, exponent_frequency: Tensor, exponent_time: Tensor, tilt: Tensor) -> Tensor:
    """Noise of this `amplitude` and random phases, which wraps around at its edges: (batch, n_mels, n_frames)."""
    level = amplitude(canvas, exponent_frequency, exponent_time, tilt)
    phase = _phases(canvas, stream, level.shape[2])
    return torch.fft.irfft2(torch.polar(level, phase), s=(canvas.n_mels, canvas.n_frames))


def amplitude(canvas: Canvas, exponent_frequency: Tensor, exponent_time: Tensor, tilt: Tensor) -> Tensor:
    """``1 / (|f_y|^exponent_frequency + |f_x|^exponent_time)``, no mean, in cycles a pixel: as `torch.fft.rfft2`."""
    f_y = torch.fft.fftfreq(canvas.n_mels, dtype=canvas.dtype, device=canvas.device)[:, None]
    f_x = torch.fft.rfftfreq(canvas.n_frames, dtype=canvas.dtype, device=canvas.device)
    cos, sin = torch.cos(tilt), torch.sin(tilt)
    along_y, along_x = (f.abs().clamp_min(1e-4) for f in (cos * f_y - sin * f_x, sin * f_y + cos * f_x))
    return (f_y.square() + f_x.square() > 0) / (along_y**exponent_frequency + along_x**exponent_time)


def _phases(canvas: Canvas, stream: int, n_columns: int) -> Tensor:
    """Random phases in radians, opposite at opposite frequencies, as a real picture has them."""
    turns = canvas.uniform(stream, canvas.n_mels, n_columns)
    opposite = turns.flip(1).roll(1, dims=1)
    column = torch.arange(n_columns, device=canvas.device)
    own_opposite = (2 * column) % canvas.n_frames == 0  # the first column and, of an even width, the last
    return 2 * torch.pi * (turns - own_opposite * opposite)
