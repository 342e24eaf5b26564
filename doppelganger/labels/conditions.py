"""Ranges of facts: what rules of tags and phrases of captions ask for."""

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
    """Many questions of facts at once: each holds where all of its ranges do. nan lies in no range.

    Args:
        questions: at least one, of at least one range each.
        facts: what the columns of facts are.

    Raises:
        KeyError: a fact that is not among them.
    """

    def __init__(self, questions: Sequence[Sequence[Range]], facts: Sequence[Fact]):
        columns = {fact.name: i for i, fact in enumerate(facts)}
        most = max(len(ranges) for ranges in questions)
        padded = [[*ranges, *[ranges[0]] * (most - len(ranges))] for ranges in questions]
        self._column = torch.tensor([[columns[each.fact] for each in row] for row in padded])
        self._low = torch.tensor([[each.low for each in row] for row in padded])
        self._high = torch.tensor([[each.high for each in row] for row in padded])

    def __call__(self, facts: Tensor) -> Tensor:
        """Facts (batch, n_facts) to answers, bool (batch, n_questions)."""
        self._column, self._low, self._high = (x.to(facts.device) for x in (self._column, self._low, self._high))
        value = facts[:, self._column]
        return ((value >= self._low) & (value < self._high)).all(dim=2)
