"""Tiles: rectangles in rows."""

import torch
from torch import Tensor

from synths.parameters import Parameter
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern

_MOST = 64  # tiles a side before they repeat


class Tiles(Pattern):
    """Tiles of one size, each with its own level, like bricks or a piano roll.

    Gradient: to all but the period.

    Source: the family is named in Ishikawa et al., Pre-training with Synthetic Patterns for Audio, 2025; the
    construction is ours.
    """

    knobs = (
        Parameter("height", 0.04, 0.4, curve=0.6, doc="of a tile, in heights of the picture"),
        Parameter("width", 0.04, 0.8, curve=0.5, doc="of a tile, in heights of the picture"),
        Parameter("shift", 0, 1, "ratio", doc="of a row against the row below, in widths of a tile"),
        Parameter("period", 1, 24, curve=0.6, doc="tiles in a row before it repeats"),
        Parameter("joint", 0, 0.4, "ratio", curve=0.6, doc="width of the joints against the tiles"),
        Parameter("relief", 0, 1, "ratio", doc="0 is flat tiles, 1 bulging ones"),
        Parameter("gradient", 0, 1, "ratio", doc="0 is tiles of one level, 1 of a ramp in a direction of their own"),
        Parameter("density", 0.1, 1, "ratio", doc="of tiles that are not blank"),
    )

    def draw(
        self,
        canvas: Canvas,
        *,
        height: Tensor,
        width: Tensor,
        shift: Tensor,
        period: Tensor,
        joint: Tensor,
        relief: Tensor,
        gradient: Tensor,
        density: Tensor,
    ) -> Tensor:
        offset = canvas.uniform(0, 2, 1, 1)
        row_place = (canvas.y() / height + offset[:, 0]).expand(-1, -1, canvas.n_frames)
        row = row_place.detach().floor()
        column_place = canvas.x() / width + offset[:, 1] + shift * row
        column = column_place.detach().floor()
        v, u = row_place - row - 0.5, column_place - column - 0.5  # -0.5 to 0.5 inside a tile
        # Edges as wide as a pixel, towards a joint of level 0.
        edge = torch.minimum(
            (0.5 - joint / 2 - v.abs()) * height * canvas.n_mels, (0.5 - joint / 2 - u.abs()) * width * canvas.n_mels
        ).clamp(0, 1)
        tile = (row % _MOST) * _MOST + (column % period.floor())
        level, angle, kept = (
            chance.gather(1, tile.long().flatten(1)).view_as(tile) for chance in _chance(canvas).unbind(dim=1)
        )
        ramp = 2 * (v * torch.sin(torch.pi * angle) + u * torch.cos(torch.pi * angle))
        face = (1 - gradient) * level + gradient * ramp
        bulge = 1 + relief * (torch.cos(torch.pi * v) * torch.cos(torch.pi * u) - 1)
        return edge * face * bulge * ((density - (kept + 1) / 2) / 0.05 + 0.5).clamp(0, 1)


def _chance(canvas: Canvas) -> Tensor:
    """Level, direction and presence of every tile: (batch, 3, tiles) in [-1, 1]."""
    return canvas.symmetric(1, 3, _MOST * _MOST)
