"""String: a plucked string."""

import torch
from torch import Tensor

from synths.dsp import modes, oscillators
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class String(Module):
    """A stiff string with losses, plucked at one place and picked up at another, as the sum of its partials.

    Partial k rings at ``k f0 sqrt(1 + inharmonicity k^2)`` and falls by 60 dB in ``decay / k^damping``. A pluck
    at the place p of the string, picked up at the place q, starts it at ``sin(pi k p) sin(pi k q) / k``.

    Args:
        n_partials: number of partials; higher ones are left out.

    Source: Fletcher and Rossing, The Physics of Musical Instruments, 1998, sections 2.8, 2.18 and 9.
    """

    knobs = (
        Parameter("decay", 0.1, 10, "s", curve=0.5, doc="time for the fundamental to fall by 60 dB"),
        Parameter("damping", 0, 1.5, doc="how much faster high partials decay: 0 is steel, 1.5 is nylon or felt"),
        Parameter("inharmonicity", 0, 0.002, "ratio", curve=0.3, doc="stiffness: 0 is a thin string, 0.001 a piano's"),
        Parameter("pluck", 0.02, 0.5, "ratio", doc="where it is plucked: 0.5 is the middle"),
        Parameter("pickup", 0.02, 0.5, "ratio", doc="place of the pickup: 0.5 is the middle"),
        Parameter("brightness", 0.5, 7, "octave", doc="how far above the fundamental the plectrum still excites"),
        Parameter("detune", 0, 0.2, "semitone", curve=0.4, doc="between its two directions of vibration, which beat"),
    )

    def __init__(self, n_partials: int = 80):
        self.n_partials = n_partials

    def forward(
        self,
        clock: Clock,
        midi_f0: Tensor,
        *,
        decay: Tensor,
        damping: Tensor,
        inharmonicity: Tensor,
        pluck: Tensor,
        pickup: Tensor,
        brightness: Tensor,
        detune: Tensor,
    ) -> Tensor:
        """Takes a MIDI note (batch,); returns audio."""
        midi_f0, decay, damping, inharmonicity, pluck, pickup, brightness, detune = (
            x[:, None] for x in (midi_f0, decay, damping, inharmonicity, pluck, pickup, brightness, detune)
        )
        k = torch.arange(1, self.n_partials + 1, device=midi_f0.device, dtype=torch.float64)
        ratio = k * (1 + inharmonicity * k**2).sqrt()
        shape = torch.sin(torch.pi * k * pluck) * torch.sin(torch.pi * k * pickup) / k
        amplitude = shape * torch.exp(-((ratio / torch.exp2(brightness)) ** 2))
        decay_s = decay / k**damping
        # Across the board a string loses more energy to the bridge than along it.
        swings = [(0.5 * detune, 1.0, 0.6), (-0.5 * detune, 0.4, 0.4)]
        frequency_hz = torch.cat([ratio * oscillators.midi_to_hz(midi_f0 + tune) for tune, _, _ in swings], dim=1)
        decay_s = torch.cat([decay_s * longer for _, longer, _ in swings], dim=1)
        amplitude = torch.cat([amplitude * share for _, _, share in swings], dim=1)
        return modes.ring(frequency_hz, decay_s, amplitude, torch.zeros_like(amplitude), clock)
