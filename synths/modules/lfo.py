"""LFO: a low-frequency oscillator for modulation."""

import math

import torch
from torch import Tensor

from synths.dsp import oscillators, phase
from synths.dsp.bounds import at_least
from synths.dsp.clock import Clock, settled
from synths.modules.module import Module
from synths.parameters import Parameter

# Exponent of the selectors; a larger one favours the largest selector. torchsynth takes e.
_SELECTION = 2.718281828


class LFO(Module):
    """A low-frequency oscillator whose shape is a blend of five, and whose rate can be modulated.

    Source: torchsynth 1.0.2, `LFO`.
    """

    knobs = (
        Parameter("frequency", 0, 20, "Hz", curve=0.25, doc="rate"),
        Parameter("mod_depth", -10, 20, "Hz", curve=0.5, symmetric=True, doc="how far modulation moves the rate"),
        Parameter("initial_phase", -math.pi, math.pi, "rad", doc="phase at time 0"),
        Parameter("sin", 0, 1, "ratio", doc="selects the sine"),
        Parameter("tri", 0, 1, "ratio", doc="selects the triangle"),
        Parameter("saw", 0, 1, "ratio", doc="selects the rising saw"),
        Parameter("rsaw", 0, 1, "ratio", doc="selects the falling saw"),
        Parameter("sqr", 0, 1, "ratio", doc="selects the square"),
    )

    def forward(
        self,
        clock: Clock,
        rate: Tensor,
        *,
        frequency: Tensor,
        mod_depth: Tensor,
        initial_phase: Tensor,
        sin: Tensor,
        tri: Tensor,
        saw: Tensor,
        rsaw: Tensor,
        sqr: Tensor,
    ) -> Tensor:
        """Takes a control signal for the rate; returns a control signal in [0, 1]."""
        frequency_hz = at_least(frequency[:, None] + mod_depth[:, None] * rate, 0)
        shapes = oscillators.lfo_shapes(phase.accumulate(frequency_hz, initial_phase, clock))
        # With every selector at 0 all shapes count the same.
        selectors = torch.stack([sin, tri, saw, rsaw, sqr]).clamp_min(1e-6) ** _SELECTION
        weights = settled(selectors / selectors.sum(dim=0))
        return (weights[:, :, None] * torch.stack(shapes)).sum(dim=0)
