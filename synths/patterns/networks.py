"""Untrained networks: pictures of random convolutional generators."""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from synths.dsp.products import matmul
from synths.parameters import Parameter
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern

_N_CHANNELS = 12
_N_STAGES = 5

# A kernel of three by three is a mixture of the products of these: along y and along x.
_SMOOTH, _SLOPE, _CURVE = (0.25, 0.5, 0.25), (-0.5, 0.0, 0.5), (-0.25, 0.5, -0.25)

_NETWORK = (
    Parameter("noise", 0, 1, curve=0.6, doc="level of the noise that every stage adds"),
    Parameter("bias", 0, 1, doc="how far channels are shifted before they are rectified"),
    Parameter("leak", 0, 1, "ratio", doc="factor on values below 0: 1 is a linear network"),
    Parameter("stretch", -2, 2, "octave", doc="shapes longer in time (above 0) or in frequency (below)"),
)


class _Network(Pattern):
    """Base of the four kinds: a small constant, upsampled, added to noise, filtered, mixed and rectified in five
    stages.

    Weights and the constant are drawn anew for every picture. A convolution is a filter of every channel and a
    mixture of the channels, scaled to a variance of 1 as a demodulated convolution is.
    """

    knobs = _NETWORK

    @abstractmethod
    def mixtures(self, canvas: Canvas, stage: int, *args: Any, **knobs: Any) -> Tensor:
        """How much of the nine products is in each channel's kernel: (batch, channels, 3, 3), by order in y and x."""

    def envelope(self, canvas: Canvas, *args: Any, **knobs: Any) -> Tensor:
        """Level of the constant and of the noise: (batch, 1, height, width), of any size."""
        return torch.ones(1, 1, 1, 1, dtype=canvas.dtype, device=canvas.device)

    def draw(
        self, canvas: Canvas, *, noise: Tensor, bias: Tensor, leak: Tensor, stretch: Tensor, **knobs: Tensor
    ) -> Tensor:
        bias, leak, noise = bias[..., None], leak[..., None], noise[..., None]
        envelope = self.envelope(canvas, **knobs)
        features = canvas.normal(0, _N_CHANNELS, *_size(canvas, 0)) * _resized(envelope, _size(canvas, 0))
        for stage in range(_N_STAGES):
            size = _size(canvas, stage)
            grain = _resized(envelope, size) * canvas.normal(50 + stage, 1, *size)
            features = _resized(features, size) + noise * grain * canvas.normal(60 + stage, _N_CHANNELS, 1, 1)
            features = _filtered(features, self.mixtures(canvas, stage, **knobs), stretch)
            weight = canvas.normal(40 + stage, _N_CHANNELS, _N_CHANNELS)
            features = _standard(matmul(weight, features.flatten(2)).view_as(features))
            features = features + bias * canvas.symmetric(70 + stage, _N_CHANNELS, 1, 1)
            features = torch.where(features > 0, features, leak * features)
        weight = canvas.normal(80, 1, _N_CHANNELS)
        return matmul(weight, features.flatten(2)).view(-1, canvas.n_mels, canvas.n_frames)


class NetworkDefault(_Network):
    """A random convolutional generator as it is initialised.

    Source: Baradad et al., Learning to See by Looking at Noise, 2021, section 3.3 (StyleGAN-Random). Karras et
    al., Analyzing and Improving the Image Quality of StyleGAN, 2020.
    """

    def mixtures(self, canvas: Canvas, stage: int, **knobs: Tensor) -> Tensor:
        return canvas.normal(10 + stage, _N_CHANNELS, 3, 3)


class NetworkHighFrequency(_Network):
    """A generator whose kernels are wavelets: edges, dots and checks at every scale.

    Source: see `NetworkDefault` (StyleGAN-High-freq).
    """

    knobs = (*_NETWORK, Parameter("sharpness", 0, 2, "octave", doc="level of finer wavelets over coarser ones"))

    def mixtures(self, canvas: Canvas, stage: int, *, sharpness: Tensor) -> Tensor:
        order = canvas.range(3)[:, None] + canvas.range(3)
        shares = canvas.normal(10 + stage, _N_CHANNELS, 3, 3) * torch.exp2(sharpness[..., None] * order)
        return torch.where(order > 0, shares, 0.5)


class NetworkSparse(_Network):
    """A generator whose noise is in a few places only: blank, with clusters of detail.

    Source: see `NetworkDefault` (StyleGAN-Sparse: noise under a Laplacian envelope, random biases).
    """

    knobs = (
        *_NETWORK,
        Parameter("sparsity", 0.5, 3, doc="exponent of the envelope: low is noise all over, high in one place"),
        Parameter("patches", 2, 8, doc="places along the height that the envelope resolves"),
    )

    def mixtures(self, canvas: Canvas, stage: int, **knobs: Tensor) -> Tensor:
        shares = canvas.normal(10 + stage, _N_CHANNELS, 3, 3)
        return shares * shares.square()

    def envelope(self, canvas: Canvas, *, sparsity: Tensor, patches: Tensor) -> Tensor:
        centre = canvas.uniform(1, 2, 1, 16)
        level = (-torch.log(canvas.uniform(2, 1, 16).clamp_min(1e-6))) ** sparsity
        y, x = canvas.y() - centre[:, 0], canvas.x().mT - canvas.width * centre[:, 1]
        bump_y, bump_x = (torch.exp(-2 * (patches * offset).square()) for offset in (y, x))
        return 2 * matmul(level * bump_y, bump_x.mT)[:, None]


class NetworkOriented(_Network):
    """A generator whose kernels are edges and lines of about one direction.

    Source: see `NetworkDefault` (StyleGAN-Oriented). Freeman and Adelson, The Design and Use of Steerable
    Filters, 1991 (kernels of any direction from a few).
    """

    knobs = (
        *_NETWORK,
        Parameter("direction", -1.6, 1.6, "rad", doc="of lines: 0 is level, above 0 they rise"),
        Parameter("direction_spread", 0, 1.6, "rad", curve=0.6, doc="how far directions differ, either way"),
    )

    def mixtures(self, canvas: Canvas, stage: int, *, direction: Tensor, direction_spread: Tensor) -> Tensor:
        angle = direction + direction_spread * canvas.symmetric(20 + stage, 1, _N_CHANNELS)
        across_y, across_x = torch.cos(angle), -torch.sin(angle)
        smooth, slope, curve = (x[:, None] for x in canvas.normal(10 + stage, 3, _N_CHANNELS).unbind(dim=1))
        zero = torch.zeros_like(angle)
        rows = [
            [0.3 * smooth, slope * across_x, 2 * curve * across_x.square()],
            [slope * across_y, -curve * across_x * across_y, zero],
            [2 * curve * across_y.square(), zero, zero],
        ]
        return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)[:, 0]


def _size(canvas: Canvas, stage: int) -> tuple[int, int]:
    n_y, n_x = (-(-n // 2 ** (_N_STAGES - 1 - stage)) for n in (canvas.n_mels, canvas.n_frames))
    return n_y, n_x


def _resized(features: Tensor, size: tuple[int, int]) -> Tensor:
    return functional.interpolate(features, size=size, mode="bilinear")


def _filtered(features: Tensor, mixtures: Tensor, stretch: Tensor) -> Tensor:
    """Every channel with a kernel of its own; `stretch` weakens what changes along one axis."""
    order = torch.arange(3, device=features.device)
    weaker_y, weaker_x = (torch.exp2(-(sign * stretch).clamp_min(0) * order) for sign in (-1, 1))
    basis = features.new_tensor([_SMOOTH, _SLOPE, _CURVE])
    shares = mixtures * weaker_y[..., None] * weaker_x[:, :, None]
    kernels = matmul(basis.mT, matmul(shares, basis))
    n_y, n_x = features.shape[2:]
    padded = functional.pad(features, (1, 1, 1, 1), mode="replicate")
    filtered = torch.zeros((), dtype=features.dtype, device=features.device)
    for y in range(3):
        for x in range(3):
            filtered = filtered + kernels[:, :, y, x, None, None] * padded[:, :, y : y + n_y, x : x + n_x]
    return filtered


def _standard(features: Tensor) -> Tensor:
    """Channels moved and scaled to a mean of 0 and a variance of 1."""
    centred = features - features.mean(dim=(2, 3), keepdim=True)
    return centred * centred.square().mean(dim=(2, 3), keepdim=True).clamp_min(1e-12).rsqrt()
