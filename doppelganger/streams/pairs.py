"""Doppelgängers: two sounds from nearby numbers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor

from synths import ParameterSpace, Synth
from synths.perturbation import perturb


@dataclass(frozen=True)
class Pairs:
    """A batch of doppelgängers. Index is (batch,), thetas (batch, n_parameters), sounds (batch, n_samples)."""

    index: Tensor
    theta: Tensor
    theta_a: Tensor
    theta_b: Tensor
    a: Tensor
    b: Tensor


class Perturbation(ABC):
    """A way to step aside from a theta."""

    @abstractmethod
    def __call__(self, space: ParameterSpace, theta: Tensor, index: Tensor, *, seed: int, view: str) -> Tensor:
        """Theta of a view.

        Args:
            space: what theta's columns are.
            theta: (batch, n_parameters) in [0, 1].
            index: int64 (batch,), the items' numbers.
            seed: the experiment's seed.
            view: "a" or "b"; views of one item are independent.

        Returns:
            (batch, n_parameters) in [0, 1].
        """


class Gaussian(Perturbation):
    """The same small step for every parameter: ``clip(theta + delta * N(0, I), 0, 1)``.

    Args:
        delta: standard deviation of the step, in theta.

    Source: Cherep and Singh, Contrastive Learning from Synthetic Audio Doppelgängers, ICLR 2025, section 3.
    """

    def __init__(self, delta: float = 0.25):
        if delta < 0:
            raise ValueError(f"delta must be at least 0; got {delta}")
        self.delta = delta

    def __call__(self, space: ParameterSpace, theta: Tensor, index: Tensor, *, seed: int, view: str) -> Tensor:
        return perturb(space, theta, self.delta, index, seed=seed, view=view)


class PairStream:
    """Pairs by number: the same index always gives the same pair.

    Both views step aside from one theta that is itself not rendered, and hear different noise.

    Args:
        synth: makes the sounds.
        perturbation: makes the views' thetas.
        seed: the experiment's seed.
    """

    def __init__(self, synth: Synth, perturbation: Perturbation, seed: int = 0):
        self.synth = synth
        self.perturbation = perturbation
        self.seed = seed

    def __call__(self, index: Tensor) -> Pairs:
        """The pairs with these numbers, int64 (batch,), on index's device."""
        theta = self.synth.sample(index, self.seed)
        theta_a, a = self._view(theta, index, "a")
        theta_b, b = self._view(theta, index, "b")
        return Pairs(index, theta, theta_a, theta_b, a, b)

    def _view(self, theta: Tensor, index: Tensor, view: str) -> tuple[Tensor, Tensor]:
        theta_v = self.perturbation(self.synth.space, theta, index, seed=self.seed, view=view)
        return theta_v, self.synth.render(theta_v, self.synth.noise_key(index, self.seed, view=view))
