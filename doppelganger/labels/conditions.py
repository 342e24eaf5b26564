"""Ranges of facts, on which rules of tags and phrases of captions depend."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from doppelganger.labels.labels import Fact


class Range(NamedTuple):
    """low <= fact < high, in the fact's unit."""

    fact: str
    low: float = -math.inf
    high: float = math.inf


class Conditions:
    """Many conditions on facts at once. A condition holds where all of its ranges do; nan lies in no range.

    Args:
        conditions: at least one, each of at least one range.
        facts: the columns of facts.

    Raises:
        KeyError: a range of a fact that is not in `facts`.
    """

    def __init__(self, conditions: Sequence[Sequence[Range]], facts: Sequence[Fact]):
        columns = {fact.name: i for i, fact in enumerate(facts)}
        most = max(len(ranges) for ranges in conditions)
        padded = [[*ranges, *[ranges[0]] * (most - len(ranges))] for ranges in conditions]
        self._column = torch.tensor([[columns[each.fact] for each in row] for row in padded])
        self._low = torch.tensor([[each.low for each in row] for row in padded])
        self._high = torch.tensor([[each.high for each in row] for row in padded])

    def __call__(self, facts: Tensor) -> Tensor:
        """Facts (batch, n_facts) to bool (batch, n_conditions)."""
        self._column, self._low, self._high = (x.to(facts.device) for x in (self._column, self._low, self._high))
        value = facts[:, self._column]
        return ((value >= self._low) & (value < self._high)).all(dim=2)
