"""Wiring: which of six operators modulates which, and which are carriers in the mix."""

from itertools import pairwise

import torch
from torch import Tensor

from synths.dsp.choices import chosen

# Each algorithm has stacks of operators, the modulator before what it modulates, the carrier last; and one operator
# with feedback. "321 41" means that 3 modulates 2, 2 and 4 modulate 1.
_CHART = (
    ("21 6543", 6),
    ("21 6543", 2),
    ("321 654", 6),
    ("321 654", 6),
    ("21 43 65", 6),
    ("21 43 65", 6),
    ("21 43 653", 6),
    ("21 43 653", 4),
    ("21 43 653", 2),
    ("321 54 64", 3),
    ("321 54 64", 6),
    ("21 43 53 63", 2),
    ("21 43 53 63", 6),
    ("21 543 643", 6),
    ("21 543 643", 2),
    ("21 431 651", 6),
    ("21 431 651", 2),
    ("21 31 6541", 3),
    ("321 64 65", 6),
    ("31 32 54 64", 3),
    ("31 32 64 65", 3),
    ("21 63 64 65", 6),
    ("1 32 64 65", 6),
    ("1 2 63 64 65", 6),
    ("1 2 3 64 65", 6),
    ("1 32 54 64", 6),
    ("1 32 54 64", 3),
    ("21 543 6", 5),
    ("1 2 43 65", 6),
    ("1 2 543 6", 5),
    ("1 2 3 4 65", 6),
    ("1 2 3 4 5 6", 6),
)
OPERATORS: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
N_ALGORITHMS = len(_CHART)
_STACKS = tuple(stacks.split() for stacks, _ in _CHART)
_WIRES = tuple({(int(a), int(b)) for stack in stacks for a, b in pairwise(stack)} for stacks in _STACKS)
_CARRIERS = tuple({int(stack[-1]) for stack in stacks} for stacks in _STACKS)
# Every (modulator, carrier) of some algorithm.
PAIRS = tuple(sorted(set().union(*_WIRES), reverse=True))


def wiring(algorithm: Tensor) -> tuple[dict[tuple[int, int], Tensor], dict[int, Tensor], dict[int, Tensor]]:
    """Gains of 0 or 1, each (batch,): of every pair of `PAIRS`, of every carrier, and of every operator's feedback.

    The loops around three operators (algorithm 4) and two (6) are taken as the feedback of operator 6 alone.

    Args:
        algorithm: (batch,), from 1 to 32, rounded down.

    Gradient: zero.

    Source: the chart of algorithms on the front panel of the Yamaha DX7, 1983.
    """
    table = torch.tensor(
        [
            [pair in wires for pair in PAIRS] + [i in carriers for i in OPERATORS] + [i == feedback for i in OPERATORS]
            for wires, carriers, (_, feedback) in zip(_WIRES, _CARRIERS, _CHART, strict=True)
        ],
        dtype=torch.float64,
        device=algorithm.device,
    )
    gains = table[chosen(algorithm - 1, N_ALGORITHMS)].unbind(dim=1)
    n = len(PAIRS)
    return (
        dict(zip(PAIRS, gains[:n], strict=True)),
        dict(zip(OPERATORS, gains[n : n + 6], strict=True)),
        dict(zip(OPERATORS, gains[n + 6 :], strict=True)),
    )
