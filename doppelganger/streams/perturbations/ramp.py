"""A delta that grows, or shrinks, over the training."""

import torch
from torch import Tensor

from doppelganger.streams.perturbations.perturbation import Perturbation
from synths import ParameterSpace
from synths.perturbation import perturb


class Ramp(Perturbation):
    """Gaussian steps whose delta goes from `start` to `end` over the first `n_items` items, and stays there.

        delta(i) = start * (end / start)^min(i / n_items, 1)

    It follows from the item's index, so that a resumed training goes on with the delta it stopped at, on any number of
    ranks. Items of validation and test have the last delta.

    Args:
        start, end: standard deviation of the step of the first and of the last item, in theta.
        n_items: items from the first delta to the last: steps times batch size times devices.

    Raises:
        ValueError: a delta or a number of items that is not above 0.
    """

    def __init__(self, start: float, end: float, n_items: int):
        if not (start > 0 and end > 0 and n_items > 0):
            raise ValueError(f"expected start, end and n_items above 0; got {start}, {end} and {n_items}")
        self.start, self.end, self.n_items = start, end, n_items

    def __call__(self, space: ParameterSpace, theta: Tensor, index: Tensor, *, seed: int, view: str) -> Tensor:
        done = (index.double() / self.n_items).clamp(max=1)
        delta = self.start * torch.pow(self.end / self.start, done)
        return perturb(space, theta, delta.to(theta.dtype)[:, None], index, seed=seed, view=view)
