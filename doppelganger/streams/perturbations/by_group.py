"""Deltas of their own for groups of parameters."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from torch import Tensor

from doppelganger.streams.perturbations.perturbation import Perturbation
from synths import ParameterSpace
from synths.perturbation import perturb


class ByGroup(Perturbation):
    """Gaussian steps, with a delta for each group of parameters.

    Args:
        deltas: pattern of names -> standard deviation of the step, in theta; such as "adsr_*" for all knobs of both
            envelopes, or "*.attack". If several patterns match a name, the last counts.
        delta: standard deviation for parameters that no pattern matches.

    Raises:
        ValueError: a negative delta; when first called, a pattern that matches no parameter.
    """

    def __init__(self, deltas: Mapping[str, float], delta: float = 0.0):
        negative = [each for each in (delta, *deltas.values()) if not each >= 0]
        if negative:
            raise ValueError(f"expected deltas of at least 0; got {negative[0]}")
        self.deltas, self.delta = dict(deltas), delta

    def __call__(self, space: ParameterSpace, theta: Tensor, index: Tensor, *, seed: int, view: str) -> Tensor:
        delta = theta.new_tensor(self.of(space))
        return perturb(space, theta, delta, index, seed=seed, view=view)

    def of(self, space: ParameterSpace) -> list[float]:
        """The delta of each parameter."""
        unused = [pattern for pattern in self.deltas if not any(fnmatchcase(name, pattern) for name in space.names)]
        if unused:
            raise ValueError(f"deltas: no parameter matches {unused[0]!r}; there are {', '.join(space.names)}")
        matching = [[d for pattern, d in self.deltas.items() if fnmatchcase(name, pattern)] for name in space.names]
        return [found[-1] if found else self.delta for found in matching]
