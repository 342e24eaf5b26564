"""Worley noise: distances to the nearest of many points."""

import torch
from torch import Tensor

from synths.parameters import Parameter
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern

MARGIN = 0.15
_N_POINTS = 96
_FAR = 100.0


class Worley(Pattern):
    """Cells around points at random places, like foam or cracked earth.

    Source: Worley, A Cellular Texture Basis Function, 1996.
    """

    knobs = (
        Parameter("points", 8, _N_POINTS, curve=0.7, doc="in the picture and its margin"),
        Parameter("stretch", -1.5, 1.5, "octave", doc="cells longer in time (above 0) or in frequency (below)"),
        Parameter("walls", 0, 1, "ratio", doc="0 is the distance of the nearest point, 1 that of the nearest wall"),
        Parameter("flatness", 0, 1, "ratio", curve=0.7, doc="0 shows distances, 1 gives every cell a level of its own"),
    )

    def draw(self, canvas: Canvas, *, points: Tensor, stretch: Tensor, walls: Tensor, flatness: Tensor) -> Tensor:
        y, x = places(canvas)
        level = canvas.symmetric(1, _N_POINTS)
        # Points beyond `points` move out of the picture.
        away = _FAR * (canvas.range(_N_POINTS, 1) - points[:, 0]).clamp(0, 1)
        scale_y, scale_x = canvas.scales(stretch)
        square_y = ((canvas.y() - y[:, None]) * scale_y).square() + away[:, None]  # (batch, n_mels, points)
        square_x = ((canvas.x().mT - x[:, None]) * scale_x).square()  # (batch, n_frames, points)
        nearest = torch.full((), 2 * _FAR, dtype=canvas.dtype, device=canvas.device)
        second = cell = nearest
        for i in range(_N_POINTS):
            distance = square_y[:, :, None, i] + square_x[:, None, :, i]
            cell = torch.where(distance < nearest, level[:, i, None, None], cell)
            second = torch.minimum(second, torch.maximum(nearest, distance))
            nearest = torch.minimum(nearest, distance)
        # In units of the mean distance between points.
        scale = (points / (1 + 2 * MARGIN) / (canvas.width + 2 * MARGIN)).sqrt()
        first, wall = nearest.clamp_min(1e-8).sqrt() * scale, second.clamp_min(1e-8).sqrt() * scale
        wall = wall - first
        # A level fades out at the wall, so that the picture has no jumps.
        flat = cell * (8 * wall).clamp(0, 1)
        return (1 - flatness) * ((1 - walls) * first + walls * wall) + flatness * flat


def places(canvas: Canvas) -> tuple[Tensor, Tensor]:
    """y and x of the points: (batch, points) each."""
    place = canvas.uniform(0, 2, _N_POINTS)
    return place[:, 0] * (1 + 2 * MARGIN) - MARGIN, place[:, 1] * (canvas.width + 2 * MARGIN) - MARGIN
