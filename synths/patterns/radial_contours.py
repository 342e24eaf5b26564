"""Radial contours: concentric polygons."""

import torch
from torch import Tensor

from synths.parameters import Parameter
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern

_FEWEST, _MOST = 3, 16
_N_WAVES = 12

CENTRE = (
    Parameter("y", 0.1, 0.9, "ratio", doc="place of the centre, in the height of the picture"),
    Parameter("x", 0.1, 0.9, "ratio", doc="place of the centre, in the width of the picture"),
    Parameter("stretch", -1, 1, "octave", doc="longer in time (above 0) or in frequency (below)"),
)


class RadialContours(Pattern):
    """Concentric polygons of one outline, rough or smooth, and twisted.

    Gradient: to all but the number of corners.

    Source: Kataoka et al., Replacing Labeled Real-image Datasets with Auto-generated Contours, 2022 (RCDB).
    """

    precise = True
    knobs = (
        *CENTRE,
        Parameter("corners", 0, _MOST - _FEWEST + 1, "choice", doc="of the polygon: 3 to 16"),
        Parameter("radius", 0.4, 1.6, doc="of the outermost polygon, in heights"),
        Parameter("polygons", 1, 24, curve=0.7, doc="how many, one within the other"),
        Parameter("line", 0.05, 0.6, "ratio", doc="width of a line against the distance to the next"),
        Parameter("twist", -3, 3, "rad", doc="turn of the outermost polygon against the innermost"),
        Parameter("roughness", 0, 0.5, "ratio", curve=0.6, doc="how far outlines stray from the polygon"),
        Parameter("grain", 0, 2, doc="0 strays in many small steps, 2 in a few large ones"),
    )

    def draw(
        self,
        canvas: Canvas,
        *,
        y: Tensor,
        x: Tensor,
        stretch: Tensor,
        corners: Tensor,
        radius: Tensor,
        polygons: Tensor,
        line: Tensor,
        twist: Tensor,
        roughness: Tensor,
        grain: Tensor,
    ) -> Tensor:
        scale_y, scale_x = canvas.scales(stretch)
        along_y, along_x = (canvas.y() - y) * scale_y, (canvas.x() - x * canvas.width) * scale_x
        distance = (along_y.square() + along_x.square() + 1e-6).sqrt()
        # The angle is undefined at the centre.
        away = along_y.square() + along_x.square() > 1e-8
        angle = torch.atan2(torch.where(away, along_y, 0.0), torch.where(away, along_x, 1.0))
        angle = angle + twist * (distance / radius).clamp_max(1) + torch.pi * canvas.symmetric(0, 1, 1)

        side = 2 * torch.pi / (_FEWEST + corners.floor()).clamp_max(_MOST)
        from_middle = angle - side * torch.round(angle.detach() / side)
        outline = torch.cos(side / 2) / torch.cos(from_middle)
        outline = outline * (1 + roughness * _waves(canvas, angle, grain))
        ring = polygons * distance / (radius * outline.clamp_min(0.05))
        from_line = (ring - torch.round(ring.detach())).abs()  # 0 on a line, 0.5 between two
        # An edge as wide as a pixel, and grey where lines are closer than that.
        soft = polygons / (radius * canvas.n_mels)
        lines = ((line / 2 - from_line) / soft.clamp_min(0.05) + 0.5).clamp(0, 1)
        number = torch.round(ring.detach()).clamp(0, 24).long()
        level = 0.4 + 0.6 * canvas.uniform(2, 25)
        level = level.gather(1, number.flatten(1)).view_as(ring)
        return level * lines * ((polygons + 0.5 - ring) * 4).clamp(0, 1)


def _waves(canvas: Canvas, angle: Tensor, grain: Tensor) -> Tensor:
    """Noise around a circle, as a sum of whole waves: about 1 in size."""
    phase = torch.pi * canvas.symmetric(1, _N_WAVES)
    total = size = torch.zeros_like(grain)
    for k in range(1, _N_WAVES + 1):
        weight = k**-grain
        total = total + weight * torch.cos(k * angle + phase[:, k - 1, None, None])
        size = size + weight.square()
    return total * (size / 2).rsqrt()
