"""Doppelgänger pairs by index: two sounds from nearby thetas."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from doppelganger.streams.sounds import Sounds
from doppelganger.streams.stream import Stream
from synths import ParameterSpace, Synth
from synths.perturbation import perturb
from synths.plugins import Plugins


@dataclass(frozen=True)
class Pairs:
    """A batch of pairs: index (batch,), thetas (batch, n_parameters), sounds a and b (batch, n_samples)."""

    index: Tensor
    theta: Tensor
    theta_a: Tensor
    theta_b: Tensor
    a: Tensor
    b: Tensor

    @property
    def first(self) -> Sounds:
        """The first views alone."""
        return Sounds(self.index, self.theta_a, self.a)


class Perturbation(ABC):
    """Base of all perturbations: theta to the theta of a view."""

    @abstractmethod
    def __call__(self, space: ParameterSpace, theta: Tensor, index: Tensor, *, seed: int, view: str) -> Tensor:
        """Theta of a view.

        Args:
            space: what theta's columns are.
            theta: (batch, n_parameters) in [0, 1].
            index: int64 (batch,), the items' indices.
            seed: seed for all random draws.
            view: "a" or "b"; views of one item are independent.

        Returns:
            (batch, n_parameters) in [0, 1].
        """


# Those of installed packages, by name; a config names a class path.
PERTURBATIONS = Plugins("perturbation", "doppelganger.perturbations", dict, base=Perturbation)


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


class PairStream(Stream):
    """Doppelgänger pairs by index.

    Both views are perturbations of one theta, which is itself not rendered, and their noise differs.

    Args:
        synth, seed: see `Stream`.
        perturbation: step from a theta to each of its two views.
    """

    def __init__(self, synth: Synth, perturbation: Perturbation, seed: int = 0):
        super().__init__(synth, seed)
        self.perturbation = perturbation

    def __call__(self, index: Tensor) -> Pairs:
        theta = self.synth.sample(index, self.seed)
        views = [self._view(theta, index, view) for view in ("a", "b")]
        # Both in one call: on a GPU a call costs about the same for any number of sounds.
        a, b = self.synth.render(*(torch.cat(both) for both in zip(*views, strict=True))).chunk(2)
        (theta_a, _), (theta_b, _) = views
        return Pairs(index, theta, theta_a, theta_b, a, b)

    def _view(self, theta: Tensor, index: Tensor, view: str) -> tuple[Tensor, Tensor]:
        """Theta and noise keys of a view."""
        theta_v = self.perturbation(self.synth.space, theta, index, seed=self.seed, view=view)
        return theta_v, self.synth.noise_key(index, self.seed, view=view)
