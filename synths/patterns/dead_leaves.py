"""Dead leaves: a thousand shapes that occlude each other."""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor

from synths.parameters import Parameter
from synths.patterns import spectrum, splat
from synths.patterns.canvas import Canvas
from synths.patterns.occlusion import EXPONENT, N_LEAVES, SMALLEST, on_top, radii
from synths.patterns.pattern import Pattern

_LEAVES = (
    Parameter("smallest", *SMALLEST, doc="radius of the smallest leaves, in heights"),
    Parameter("exponent", *EXPONENT, doc="p of a density of radii of r^-p: 3 looks the same from near and far"),
    Parameter("stretch", -1.5, 1.5, "octave", doc="leaves thinner in frequency (above 0) or in time (below)"),
    Parameter("blur", 0, 1.5, doc="radius of a blur, in pixels"),
)
_DIRECTION = Parameter("direction", -1.6, 1.6, "rad", doc="of the leaves: 0 is level, above 0 they rise")
_DIRECTION_SPREAD = Parameter("direction_spread", 0, 1.6, "rad", curve=0.6, doc="how far directions differ, either way")


class _DeadLeaves(Pattern):
    """Base of the four kinds: sizes, places, depths and occlusion.

    Leaves are convex, with their corners on a circle.
    """

    knobs = _LEAVES

    @abstractmethod
    def outlines(self, canvas: Canvas, *args: Any, **knobs: Any) -> tuple[Tensor, Tensor]:
        """Sides of leaves of radius 1: ``y sin(angle) + x cos(angle) <= distance`` for four angles and distances.

        Returns:
            angles in radians, and distances: (batch, 4, leaves) each.
        """

    def paint(self, canvas: Canvas, leaf: Tensor, level: Tensor, *args: Any, **knobs: Any) -> Tensor:
        """The picture, from the number of the leaf in each pixel and its level: (batch, n_mels, n_frames) each."""
        return level

    def draw(
        self, canvas: Canvas, *, smallest: Tensor, exponent: Tensor, stretch: Tensor, blur: Tensor, **knobs: Tensor
    ) -> Tensor:
        with torch.no_grad():
            # In double precision and rounded: an edge should not move with the last bit of a power or a sine.
            low, power, octaves = smallest.double(), exponent.double(), stretch.double()
            radius = radii(canvas, low, power).to(canvas.dtype)
            thin = [torch.exp2((sign * octaves).clamp_min(0)).to(canvas.dtype) for sign in (1, -1)]
            angle, distance = (x.double() for x in self.outlines(canvas, **knobs))
            sides = [x.to(canvas.dtype) for x in (torch.sin(angle), torch.cos(angle), distance)]
            leaf = on_top(canvas, radius, *thin, *sides)
            level = canvas.symmetric(2, N_LEAVES).gather(1, leaf.flatten(1)).view_as(leaf)
        return splat.blur(self.paint(canvas, leaf, level, **knobs), blur)


class DeadLeavesSquares(_DeadLeaves):
    """Overlapping squares.

    Gradient: to `blur` and `contrast`; 0 to parameters that move edges.

    Source: Baradad et al., Learning to See by Looking at Noise, 2021, section 3.1. Lee, Mumford and Huang,
    Occlusion Models for Natural Images, 2001.
    """

    def outlines(self, canvas: Canvas, **knobs: Tensor) -> tuple[Tensor, Tensor]:
        return _rectangle(canvas, canvas.key.new_zeros((), dtype=canvas.dtype), torch.pi / 4)


class DeadLeavesOriented(_DeadLeaves):
    """Overlapping rectangles of about one direction.

    Gradient: to `blur` and `contrast`; 0 to parameters that move edges.

    Source: see `DeadLeavesSquares`; there of squares of any direction.
    """

    knobs = (
        *_LEAVES,
        _DIRECTION,
        _DIRECTION_SPREAD,
        Parameter("slimness", 0, 1, "ratio", doc="0 is squares, 1 leaves slim ones"),
    )

    def outlines(
        self, canvas: Canvas, *, direction: Tensor, direction_spread: Tensor, slimness: Tensor
    ) -> tuple[Tensor, Tensor]:
        turn = direction + direction_spread * canvas.symmetric(4, 1, N_LEAVES)
        return _rectangle(canvas, turn, torch.pi / 4 * (1 - 0.9 * slimness * canvas.uniform(5, 1, N_LEAVES)))


class DeadLeavesMixed(_DeadLeaves):
    """Overlapping discs, rectangles and polygons.

    Gradient: to `blur` and `contrast`; 0 to parameters that move edges.

    Source: see `DeadLeavesSquares`.
    """

    knobs = (
        *_LEAVES,
        Parameter("discs", 0, 1, "ratio", doc="share of discs"),
        Parameter("polygons", 0, 1, "ratio", doc="share, among the others, of triangles and quadrilaterals"),
    )

    def outlines(self, canvas: Canvas, *, discs: Tensor, polygons: Tensor) -> tuple[Tensor, Tensor]:
        return _mixed(canvas, discs, polygons)


class DeadLeavesTextured(_DeadLeaves):
    """Overlapping discs, rectangles and polygons, textured with 1/f noise.

    Gradient: to `blur`, `contrast`, `texture` and `texture_exponent`; 0 to parameters that move edges.

    Source: see `DeadLeavesSquares`; the texture is `Spectrum`.
    """

    knobs = (
        *_LEAVES,
        Parameter("texture", 0, 1, "ratio", doc="0 is plain leaves, 1 is texture alone"),
        Parameter("texture_exponent", 0.5, 2.5, doc="alpha of its 1/f^alpha: 0.5 is grain, 2.5 is smooth"),
    )

    def outlines(self, canvas: Canvas, **knobs: Tensor) -> tuple[Tensor, Tensor]:
        return _mixed(canvas, 1 / 6, 3 / 5)

    def paint(
        self, canvas: Canvas, leaf: Tensor, level: Tensor, *, texture: Tensor, texture_exponent: Tensor
    ) -> Tensor:
        noise = spectrum.noise(canvas, 6, texture_exponent, texture_exponent, torch.zeros_like(texture)).flatten(1)
        noise = noise / noise.square().mean(dim=1, keepdim=True).clamp_min(1e-12).sqrt()
        n = noise.shape[1]
        moved = (canvas.uniform(7, N_LEAVES) * n).long().gather(1, leaf.flatten(1))
        place = (moved + torch.arange(n, device=canvas.device)) % n
        return (1 - texture) * level + texture / 2 * noise.gather(1, place).view_as(level)


def _rectangle(canvas: Canvas, turn: Tensor, half_angle: Tensor | float) -> tuple[Tensor, Tensor]:
    """Rectangles turned, with sides seen from the middle under half angles of this and the rest of a quarter."""
    half_angle = torch.as_tensor(half_angle, dtype=canvas.dtype, device=canvas.device)
    quarter = torch.pi / 2 * canvas.range(4)[:, None]
    distance = torch.stack([torch.cos(half_angle), torch.sin(half_angle)] * 2, dim=-2 if half_angle.ndim else 0)
    distance = distance.flatten(1, 2) if half_angle.ndim else distance[:, None]
    n = len(canvas.key)
    return (turn + quarter).expand(n, 4, N_LEAVES), distance.expand(n, 4, N_LEAVES)


def _mixed(canvas: Canvas, discs: Tensor | float, polygons: Tensor | float) -> tuple[Tensor, Tensor]:
    """Discs; polygons of three or four random corners; the rest are rectangles, half of them squares."""
    chance = canvas.uniform(4, 4, N_LEAVES)
    turn, kind, shape, square = (x[:, None] for x in chance.unbind(dim=1))
    half_angle = torch.pi / 2 * torch.where(square < 0.5, 0.5, shape)
    rectangle = _rectangle(canvas, 2 * torch.pi * turn, half_angle)
    corner = canvas.uniform(5, 4, N_LEAVES).sort(dim=1).values
    # The fourth corner of a triangle is its third.
    corner = torch.cat([corner[:, :3], torch.where(square < 0.5, corner[:, 2:3], corner[:, 3:])], dim=1)
    gap = torch.cat([corner[:, 1:], corner[:, :1] + 1], dim=1) - corner
    polygon = 2 * torch.pi * (corner + gap / 2), torch.cos(torch.pi * gap)
    is_disc, is_polygon = kind < discs, shape.frac() < polygons
    angle, distance = (torch.where(is_polygon, p, r) for p, r in zip(polygon, rectangle, strict=True))
    return angle, torch.where(is_disc, 1.0, distance)
