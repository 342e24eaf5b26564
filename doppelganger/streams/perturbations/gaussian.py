"""The same small step for every parameter."""

from torch import Tensor

from doppelganger.streams.perturbations.perturbation import Perturbation
from synths import ParameterSpace
from synths.perturbation import perturb


class Gaussian(Perturbation):
    """The same small step for every parameter: ``clip(theta + delta * N(0, I), 0, 1)``.

    Args:
        delta: standard deviation of the step, in theta.

    Source: Cherep and Singh, Contrastive Learning from Synthetic Audio Doppelgängers, ICLR 2025, section 3.
    """

    def __init__(self, delta: float = 0.25):
        if delta < 0:
            raise ValueError(f"delta: expected at least 0; got {delta}")
        self.delta = delta

    def __call__(self, space: ParameterSpace, theta: Tensor, index: Tensor, *, seed: int, view: str) -> Tensor:
        return perturb(space, theta, self.delta, index, seed=seed, view=view)
