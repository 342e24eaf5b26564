"""The inverse orthogonal wavelet transform of a picture."""

import torch
from torch import Tensor

# Eight taps, four vanishing moments, nearly symmetric: Daubechies, Ten Lectures on Wavelets, 1992, table 6.3.
LOW = (
    -0.07576571478927333,
    -0.02963552764599851,
    0.49761866763201545,
    0.8037387518059161,
    0.29785779560527736,
    -0.09921954357684722,
    -0.012603967262037833,
    0.0322231006040427,
)
HIGH = tuple((-1) ** k * tap for k, tap in enumerate(reversed(LOW)))


def merge(smooth: Tensor, ridges: Tensor, columns: Tensor, checks: Tensor) -> Tensor:
    """Four bands as one picture, which wraps around at its edges.

    Args:
        smooth: (batch, n_y, n_x), low in y and x.
        ridges: high in y, low in x.
        columns: low in y, high in x.
        checks: high in both.

    Returns:
        (batch, 2 n_y, 2 n_x), with the sum of squares of the four.
    """
    return _merge(_merge(smooth, ridges, 1), _merge(columns, checks, 1), 2)


def _merge(low: Tensor, high: Tensor, dim: int) -> Tensor:
    """``out[2n + parity] = sum over k of LOW[2k + parity] low[n - k] + HIGH[2k + parity] high[n - k]``"""
    shifted = [(low.roll(k, dim), high.roll(k, dim)) for k in range(len(LOW) // 2)]
    parities = [
        sum(LOW[2 * k + parity] * a + HIGH[2 * k + parity] * b for k, (a, b) in enumerate(shifted)) for parity in (0, 1)
    ]
    return torch.stack([*map(torch.as_tensor, parities)], dim=dim + 1).flatten(dim, dim + 1)
