"""Parameters and the space they span."""

from synths.parameters.parameter import UNITS, Parameter
from synths.parameters.space import ParameterSpace

__all__ = ["UNITS", "Parameter", "ParameterSpace"]
