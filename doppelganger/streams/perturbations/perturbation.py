"""The base of all perturbations."""

from abc import ABC, abstractmethod

from torch import Tensor

from synths import ParameterSpace, Synth
from synths.plugins import Plugins


class Perturbation(ABC):
    """Base of all perturbations: theta to the theta of a view."""

    def fit(self, synth: Synth) -> None:  # noqa: B027 (most have nothing to fit)
        """Called once before the first pair, for perturbations that depend on what the synth's parameters do."""

    @abstractmethod
    def __call__(self, space: ParameterSpace, theta: Tensor, index: Tensor, *, seed: int, view: str) -> Tensor:
        """Theta of a view.

        Args:
            space: what theta's columns are.
            theta: (batch, n_parameters) in [0, 1].
            index: int64 (batch,), indices of the items.
            seed: seed for all random draws.
            view: "a" or "b"; views of one item are independent.

        Returns:
            (batch, n_parameters) in [0, 1].
        """


# Those of installed packages, by name; a config names a class path.
PERTURBATIONS = Plugins("perturbation", "doppelganger.perturbations", dict, base=Perturbation)
