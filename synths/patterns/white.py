"""White noise: independent pixels."""

from torch import Tensor

from synths.parameters import Parameter
from synths.patterns.canvas import Canvas
from synths.patterns.pattern import Pattern


class White(Pattern):
    """Noise without any structure, from two values through Gaussian to a few outliers."""

    knobs = (
        Parameter(
            "tail", 0, 3, doc="exponent of a Gaussian's magnitude: 0 is two values, 1 Gaussian, 3 a few outliers"
        ),
        Parameter("density", 0.02, 1, "ratio", curve=0.5, doc="of pixels that are not blank"),
        Parameter("skew", -1, 1, doc="-1 keeps negative values only, 1 positive ones, 0 both"),
    )

    def draw(self, canvas: Canvas, *, tail: Tensor, density: Tensor, skew: Tensor) -> Tensor:
        z = canvas.normal(0, canvas.n_mels, canvas.n_frames)
        kept = ((density - canvas.uniform(1, canvas.n_mels, canvas.n_frames)) / 0.02 + 0.5).clamp(0, 1)
        return z.sign() * z.abs().clamp_min(1e-4) ** tail * kept * (1 + skew * z.sign())
