"""Iterated function systems: self-similar pictures of affine maps."""

import torch
from torch import Tensor

from synths.parameters import Parameter
from synths.patterns import splat
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern

_FEWEST, _MOST = 2, 6
_N_WALKERS = 4096
_N_SETTLE, _N_KEPT = 14, 8

_MAP = (
    Parameter("turn", -3.2, 3.2, "rad", doc="turns the copy"),
    Parameter("axis", -1.6, 1.6, "rad", doc="direction along which the copy is longest"),
    Parameter("size", 0.4, 0.9, "ratio", curve=1.5, doc="of the copy, along that direction"),
    Parameter("slimness", 0.2, 1, "ratio", curve=1.5, doc="of the copy: its width against its length"),
    Parameter("y", -1, 1, doc="the point that stays where it is, along frequency"),
    Parameter("x", -1, 1, doc="the point that stays where it is, along time"),
)


class IteratedFunctions(Pattern):
    """Fractals of two to six affine maps, drawn by the chaos game.

    Thousands of points, each moved by random maps, larger maps more often; the picture counts the points in each pixel,
    in a frame that fits them.

    Gradient: to the maps, through the places of the points; 0 to their number.

    Source: Kataoka et al., Pre-training without Natural Images, 2020 (FractalDB). Anderson and Farrell, Improving
    Fractal Pre-training, 2022, section 3.1 (maps by singular values, so that they all shrink).
    """

    precise = True
    knobs = (
        Parameter("maps", 0, _MOST - _FEWEST + 1, "choice", doc="how many maps: 2, 3, 4, 5 or 6"),
        Parameter("exposure", -20, 40, "dB", doc="low shows only pixels with many points, high all pixels alike"),
        Parameter("blur", 0, 1.5, doc="radius of a blur, in pixels"),
        *(
            Parameter(f"map_{k}.{p.name}", p.low, p.high, p.unit, p.curve, doc=p.doc)
            for k in range(1, _MOST + 1)
            for p in _MAP
        ),
    )

    def draw(self, canvas: Canvas, *, maps: Tensor, exposure: Tensor, blur: Tensor, **knobs: Tensor) -> Tensor:
        values = torch.cat(list(knobs.values()), dim=1).unflatten(1, (_MOST, len(_MAP)))[..., 0]
        y, x = _walk(canvas, maps[:, 0], values)
        y, x = (_framed(place, side) for place, side in ((y, 1.0), (x, canvas.width)))
        hits = splat.splat(canvas, y, x, torch.ones_like(y))
        per_point = canvas.n_mels * canvas.n_frames / (_N_WALKERS * _N_KEPT)
        return splat.blur(torch.log1p(10 ** (exposure / 20) * per_point * hits), blur)


def _walk(canvas: Canvas, maps: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Places of the points: (batch, n_points) each."""
    turn, axis, size, slimness, y, x = values.unbind(dim=2)
    long, short = size, size * slimness
    # Along the axis, then turned: R(turn) R(axis) diag(long, short) R(-axis).
    cos, sin, cos_axis, sin_axis = torch.cos(turn), torch.sin(turn), torch.cos(axis), torch.sin(axis)
    xx = long * cos_axis.square() + short * sin_axis.square()
    xy = (long - short) * cos_axis * sin_axis
    yy = long * sin_axis.square() + short * cos_axis.square()
    to_x, to_y = (cos * xx - sin * xy, cos * xy - sin * yy), (sin * xx + cos * xy, sin * xy + cos * yy)
    table = torch.stack([*to_x, x - to_x[0] * x - to_x[1] * y, *to_y, y - to_y[0] * x - to_y[1] * y], dim=2)

    used = canvas.range(_MOST) < (_FEWEST + maps.floor()).clamp_max(_MOST)
    often = (used * (long * short).clamp_min(0.02)).detach().cumsum(dim=1)
    share = canvas.uniform(0, _N_SETTLE + _N_KEPT, _N_WALKERS) * often[:, -1:, None]
    chosen = (share[..., None] >= often[:, None, None, :-1]).sum(dim=3)  # (batch, steps, walkers)
    at_x, at_y = (torch.zeros_like(share[:, 0]) for _ in range(2))
    places = []
    for step in range(_N_SETTLE + _N_KEPT):
        moves = table.gather(1, chosen[:, step, :, None].expand(-1, -1, 6))
        x_x, x_y, x_1, y_x, y_y, y_1 = moves.unbind(dim=2)
        at_x, at_y = x_x * at_x + x_y * at_y + x_1, y_x * at_x + y_y * at_y + y_1
        places.append((at_y, at_x))
    y, x = (torch.cat(place, dim=1) for place in zip(*places[_N_SETTLE:], strict=True))
    return y, x


def _framed(place: Tensor, side: float) -> Tensor:
    """Places moved and scaled to fill this side of the picture, but for a margin."""
    low, high = place.amin(dim=1, keepdim=True), place.amax(dim=1, keepdim=True)
    return side * (0.04 + 0.92 * (place - low) / (high - low).clamp_min(1e-3))
