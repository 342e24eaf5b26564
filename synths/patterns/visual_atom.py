"""Visual atoms: wavy orbits around a centre."""

import torch
from torch import Tensor

from synths.dsp.bounds import between
from synths.parameters import Parameter
from synths.patterns import splat
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern
from synths.patterns.radial_contours import CENTRE

_MOST_LINES, _MOST_VERTICES, _MOST_WAVES = 48, 1000, 20
_N_POINTS = 1024  # of a line


class VisualAtom(Pattern):
    """Orbits around a centre, each a step further out, of two sinusoids and a random walk.

    Orbit l at the angle a is ``start + growth * (l (1 + wave (sin(n_1 a) + sin(n_2 a))) + roughness * walk_l(a))``
    from the centre; the walk has a value at every vertex, and lines between.

    Gradient: to all but the two frequencies and the number of vertices.

    Source: Takashima et al., Visual Atoms: Pre-training Vision Transformers with Sinusoidal Waves, 2023; 48 orbits
    here, up to 200 there, of half the step.
    """

    precise = True
    knobs = (
        *CENTRE,
        Parameter("waves_1", 0, _MOST_WAVES + 1, "choice", doc="frequency of the first sinusoid: 0 to 20 in a turn"),
        Parameter("waves_2", 0, _MOST_WAVES + 1, "choice", doc="frequency of the second sinusoid: 0 to 20 in a turn"),
        Parameter("wave", 0, 0.5, "ratio", doc="size of the sinusoids against the step"),
        Parameter("lines", 1, _MOST_LINES, curve=1.5, doc="how many orbits"),
        Parameter("start", 0, 0.2, doc="radius of the first orbit, in heights"),
        Parameter("growth", 0.008, 0.04, doc="step from an orbit to the next, in heights"),
        Parameter("vertices", 200, _MOST_VERTICES, doc="of an orbit: few are ragged, many are frayed"),
        Parameter("roughness", 0, 1, "ratio", curve=0.5, doc="of the walk against the step"),
        Parameter("blur", 0, 1.5, doc="radius of a blur, in pixels"),
    )

    def draw(
        self,
        canvas: Canvas,
        *,
        y: Tensor,
        x: Tensor,
        stretch: Tensor,
        waves_1: Tensor,
        waves_2: Tensor,
        wave: Tensor,
        lines: Tensor,
        start: Tensor,
        growth: Tensor,
        vertices: Tensor,
        roughness: Tensor,
        blur: Tensor,
    ) -> Tensor:
        scale_y, scale_x = canvas.scales(stretch)
        turn = canvas.range(_N_POINTS) / _N_POINTS
        line = canvas.range(_MOST_LINES)[:, None]
        sine = sum(torch.sin(2 * torch.pi * turn * n.floor().clamp_max(_MOST_WAVES)) for n in (waves_1, waves_2))
        walk = _between(canvas.symmetric(0, _MOST_LINES, _MOST_VERTICES).cumsum(dim=1), vertices, turn)
        distance = start + growth * ((line + 1) * (1 + wave * sine) + roughness * walk)  # (batch, lines, points)
        place_y = y + distance * torch.sin(2 * torch.pi * turn) / scale_y
        place_x = x * canvas.width + distance * torch.cos(2 * torch.pi * turn) / scale_x
        drawn = between(lines - canvas.range(_MOST_LINES)[:, None], 0, 1) * canvas.uniform(1, _MOST_LINES, 1)
        # A line is as bright far out, where its points are sparse, as near the centre.
        weight = drawn * 2 * torch.pi * distance.abs() * canvas.n_mels / _N_POINTS
        return splat.blur(splat.splat(canvas, *(p.flatten(1) for p in (place_y, place_x, weight))), blur)


def _between(at_vertices: Tensor, vertices: Tensor, turn: Tensor) -> Tensor:
    """Values (batch, lines, vertices), of which some are used, joined by straight lines: (batch, lines, points)."""
    n = vertices.floor()
    place = turn * n
    before = place.floor()
    after = torch.where(before + 1 < n, before + 1, 0)
    index = [i.long().expand(-1, at_vertices.shape[1], -1) for i in (before, after)]
    first, second = (at_vertices.gather(2, i) for i in index)
    return first + (second - first) * (place - before)
