"""Parameter: one knob of a synth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._C._functorch import is_functorch_wrapped_tensor

UNITS = ("Hz", "s", "dB", "semitone", "octave", "ratio", "Q", "rad", "choice", "none")


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, its range in a physical unit, and the curve from [0, 1] to the range.

    With x in [0, 1] the physical value is ``low + (high - low) * x ** (1 / curve)``; a symmetric
    parameter curves both ways from the middle of its range.

    Args:
        name: the knob's own name; a space prefixes it with its module's slot ("adsr_1.attack").
        low, high: ends of the range, in `unit`. Equal ends fix the knob.
        unit: one of `UNITS`.
        curve: 1 is linear, less than 1 favours values near `low` (or near the middle).
        symmetric: bend around the middle of the range.
        doc: description for a musician.

    Raises:
        ValueError: unknown unit, low > high, curve <= 0, or a number that is not finite.

    Source: torchsynth 1.0.2, `ModuleParameterRange` (Turian et al., One Billion Audio Sounds, 2021).
    """

    name: str
    low: float
    high: float
    unit: str = "none"
    curve: float = 1.0
    symmetric: bool = False
    doc: str = ""

    def __post_init__(self):
        if self.unit not in UNITS:
            raise ValueError(f"{self.name}: unit: expected one of {', '.join(UNITS)}; got {self.unit!r}")
        if not self.low <= self.high:
            raise ValueError(f"{self.name}: expected low of at most high; got low={self.low}, high={self.high}")
        if self.low == -math.inf or self.high == math.inf:  # theta would become NaN
            raise ValueError(f"{self.name}: expected finite low and high; got low={self.low}, high={self.high}")
        if not 0 < self.curve < math.inf:
            raise ValueError(f"{self.name}: curve: expected a positive, finite number; got {self.curve}")


def can_check(theta: Tensor) -> bool:
    """Whether the values of theta can be looked at without a wait for a device or a break in a compiled graph.

    Within `torch.func.vmap` they cannot; torch has no public name for that.
    """
    on_cpu = theta.device.type == "cpu"
    return on_cpu and not torch.compiler.is_compiling() and not is_functorch_wrapped_tensor(theta)


def extent_of(p: Parameter) -> str:
    """The range of a parameter, or its one value, in its unit."""
    return " to ".join(dict.fromkeys(map(number, (p.low, p.high))))


def number(value: float) -> str:
    """Four digits, without an exponent: 12000, not 1.2e+04; 0.00002, not 2e-05."""
    return np.format_float_positional(value, 4, fractional=False, trim="-")


def ends(given: Any) -> tuple[float, float]:
    """Both ends of a range that is given as a number or as two, of Python, numpy or torch; else NaN, in no range."""
    try:
        given = None if isinstance(given, str) else given  # two digits are no range
        low, high = (given, given) if isinstance(given, Real) or getattr(given, "ndim", 1) == 0 else given
        return float(low), float(high)
    except (TypeError, ValueError):
        return math.nan, math.nan
