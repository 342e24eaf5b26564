"""Perturbations: from the theta of an item to the thetas of its two views."""

from doppelganger.streams.perturbations.by_group import ByGroup
from doppelganger.streams.perturbations.equal_change import EqualChange
from doppelganger.streams.perturbations.gaussian import Gaussian
from doppelganger.streams.perturbations.perturbation import PERTURBATIONS, Perturbation
from doppelganger.streams.perturbations.ramp import Ramp

__all__ = ["PERTURBATIONS", "ByGroup", "EqualChange", "Gaussian", "Perturbation", "Ramp"]
