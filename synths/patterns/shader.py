"""Shaders: short random programs on coordinates."""

import torch
from torch import Tensor

from synths.parameters import Parameter
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern

_N_STEPS = 4

_STEP = (
    Parameter("operation", 0, 7, "choice", doc="sway, fold, swirl, repeat, square, invert or steps"),
    Parameter("angle", -3.2, 3.2, "rad", doc="turns the plane before the operation"),
    Parameter("scale", 0.5, 2.5, "ratio", curve=0.7, doc="scales the plane before the operation"),
    Parameter("amount", 0, 1, "ratio", doc="of the operation: 0 leaves the plane as it is"),
)


class Shader(Pattern):
    """Bands on a plane that a program of four steps has deformed.

    Gradient: to all but the choice of operations.

    Source: Baradad et al., Procedural Image Programs for Representation Learning, 2022 (Shaders21k); there
    programs written by people, here random ones in their manner.
    """

    precise = True
    knobs = (
        Parameter("zoom", 2, 8, curve=0.6, doc="units of the plane in the height of the picture"),
        Parameter("stretch", -1.5, 1.5, "octave", doc="longer in time (above 0) or in frequency (below)"),
        Parameter("bands", 0.5, 6, curve=0.6, doc="cycles of the bands in a unit of the plane, as it is bent"),
        Parameter("weave", 0, 1, "ratio", doc="0 is bands in one direction, 1 as many in the other"),
        Parameter("shade", 0, 1, "ratio", doc="how much darker it is far from the middle of the bent plane"),
        *(
            Parameter(f"step_{k}.{p.name}", p.low, p.high, p.unit, p.curve, doc=p.doc)
            for k in range(1, _N_STEPS + 1)
            for p in _STEP
        ),
    )

    def draw(
        self,
        canvas: Canvas,
        *,
        zoom: Tensor,
        stretch: Tensor,
        bands: Tensor,
        weave: Tensor,
        shade: Tensor,
        **knobs: Tensor,
    ) -> Tensor:
        middle = canvas.symmetric(0, 2, 1, 1) / 2
        scale_y, scale_x = canvas.scales(stretch)
        y = (zoom * scale_y * (canvas.y() - 0.5) + middle[:, 0]).expand(-1, -1, canvas.n_frames)
        x = zoom * scale_x * (canvas.x() - canvas.width / 2) + middle[:, 1]
        x = x.expand(-1, canvas.n_mels, -1)
        for k in range(1, _N_STEPS + 1):
            operation, angle, scale, amount = (knobs[f"step_{k}.{p.name}"] for p in _STEP)
            cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
            y, x = sin * x + cos * y, cos * x - sin * y
            bent_y, bent_x = _bent(y, x, operation.floor().clamp_max(6))
            y, x = _held(y + amount * (bent_y - y)), _held(x + amount * (bent_x - x))
        phase = torch.pi * canvas.symmetric(1, 2, 1, 1)
        picture = torch.sin(bands * y + phase[:, 0]) + weave * torch.sin(bands * x + phase[:, 1])
        return picture - shade * (y.square() + x.square() + 1e-4).sqrt()


def _bent(y: Tensor, x: Tensor, operation: Tensor) -> tuple[Tensor, Tensor]:
    """The plane after one of seven operations."""
    square = y.square() + x.square()
    turn = 2 * torch.exp(-square / 2)
    cos, sin = torch.cos(turn), torch.sin(turn)
    nearer = 1 / (0.25 + square)
    bent = [
        (y + torch.sin(2 * x), x + torch.sin(2 * y)),  # sway
        ((y.square() + 1e-3).sqrt() - 0.5, (x.square() + 1e-3).sqrt() - 0.5),  # fold
        (cos * y + sin * x, cos * x - sin * y),  # swirl
        (_triangle(y), _triangle(x)),  # repeat
        (y * x, (x.square() - y.square()) / 2),  # square
        (y * nearer, x * nearer),  # invert
        (y - torch.sin(2 * torch.pi * y) / 6, x - torch.sin(2 * torch.pi * x) / 6),  # steps
    ]
    out_y, out_x = bent[0]
    for number, (then_y, then_x) in enumerate(bent[1:], start=1):
        out_y, out_x = (torch.where(operation == number, a, b) for a, b in ((then_y, out_y), (then_x, out_x)))
    return out_y, out_x


def _triangle(x: Tensor) -> Tensor:
    """A wave between -1 and 1 of a period of 4 and a slope of 1, up or down."""
    from_crest = x - 4 * torch.round(((x - 1) / 4).detach()) - 1
    return 1 - from_crest.abs()


def _held(x: Tensor) -> Tensor:
    """A value within -6 and 6, the nearer to 0 the less changed."""
    return x * (1 + (x / 6).square()).rsqrt()
