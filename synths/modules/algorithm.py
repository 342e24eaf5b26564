"""Algorithm: which operator modulates which, and which are carriers in the mix."""

import torch
from torch import Tensor

from synths.dsp.choices import chosen
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

# From the longest chain to four in parallel: (modulator, carrier) pairs, and the operators in the mix.
_ALGORITHMS = (
    (((4, 3), (3, 2), (2, 1)), (1,)),
    (((4, 2), (3, 2), (2, 1)), (1,)),
    (((4, 1), (3, 2), (2, 1)), (1,)),
    (((4, 3), (3, 1), (2, 1)), (1,)),
    (((4, 3), (2, 1)), (1, 3)),
    (((4, 1), (4, 2), (4, 3)), (1, 2, 3)),
    (((4, 3),), (1, 2, 3)),
    ((), (1, 2, 3, 4)),
)
_PAIRS = ((4, 3), (4, 2), (4, 1), (3, 2), (3, 1), (2, 1))
_OPERATORS = (1, 2, 3, 4)
# For each algorithm, the gain of every pair, then that of every operator in the mix.
_GAINS = [
    [float(pair in pairs) for pair in _PAIRS] + [float(operator in mixed) for operator in _OPERATORS]
    for pairs, mixed in _ALGORITHMS
]


class Algorithm(Module):
    """A switch between eight wirings of four operators.

    Gradient: zero through the choice.

    Source: Yamaha TX81Z owner's manual, 1987, algorithms 1 to 8.
    """

    knobs = (
        Parameter(
            "choice",
            0,
            len(_ALGORITHMS),
            "choice",
            doc="0 to 7: algorithms 1 to 8, from the longest chain to four in parallel",
        ),
    )

    def forward(self, clock: Clock, *, choice: Tensor) -> tuple[dict[tuple[int, int], Tensor], dict[int, Tensor]]:
        """Returns gains of 0 or 1, (batch,): of every (modulator, carrier), and of every operator in the mix."""
        table = torch.tensor(_GAINS, dtype=torch.float64, device=choice.device)
        gains = table[chosen(choice, len(_ALGORITHMS))].unbind(dim=1)
        of_pairs, in_mix = gains[: len(_PAIRS)], gains[len(_PAIRS) :]
        return dict(zip(_PAIRS, of_pairs, strict=True)), dict(zip(_OPERATORS, in_mix, strict=True))
