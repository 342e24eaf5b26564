"""Struck body: modes of a bar, a plate or a bell struck by a mallet."""

import torch
from torch import Tensor

from synths.dsp import modes, oscillators
from synths.dsp.bounds import between
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

# Frequencies of the modes against the lowest.
_BAR = [(x / 3.0112) ** 2 for x in (3.0112, *range(5, 35, 2))]  # free at both ends
_PLATE = sorted((m * m + n * n) / 2 for m in range(1, 6) for n in range(1, 6))[:16]  # square, held at the rim
_BELL = [0.5, 1, 1.2, 1.5, 2, 2.5, 2.66, 3, 4, 5.33, 6.67, 8, 9.33, 10.67, 12, 13.33]  # a church bell's, as tuned
_BODIES = torch.tensor([_BAR, _PLATE, _BELL], dtype=torch.float64).log2().tolist()
_N_MODES = 16


class StruckBody(Module):
    """The modes of a body, each in a pair that beats, struck by a mallet.

    Mode k falls by 60 dB in ``decay / max(1, f_k / f_0)^material``, with f_0 of the note: the lowest mode of a bar and
    a plate, the second of a bell. A mallet that touches for `contact` seconds starts it at
    ``exp(-(pi contact)^2 (f_k^2 - f_1^2) / 2)``; a mode struck at its node stays silent.

    Source: Fletcher and Rossing, The Physics of Musical Instruments, 1998, sections 2.15 (bars), 3.6
    (plates), 19.1 (mallets) and 21.4 (bells).
    """

    knobs = (
        Parameter("body", 0, 2, doc="0 is a bar, 1 a plate, 2 a bell; between them their modes are interpolated"),
        Parameter("decay", 0.05, 8, "s", curve=0.5, doc="time for the lowest mode to fall by 60 dB"),
        Parameter("material", 0, 2, doc="how much faster high modes decay: 0 is metal, 1 glass, 2 wood"),
        Parameter("contact", 0.0001, 0.002, "s", curve=0.4, doc="how long the mallet touches: short is hard"),
        Parameter("place", 0.02, 0.5, "ratio", doc="where it is struck: 0.5 is the middle"),
        Parameter("warble", 0, 8, "Hz", curve=0.4, doc="beat rate: distance of the two modes of a pair"),
    )

    def forward(
        self,
        clock: Clock,
        midi_f0: Tensor,
        *,
        body: Tensor,
        decay: Tensor,
        material: Tensor,
        contact: Tensor,
        place: Tensor,
        warble: Tensor,
    ) -> Tensor:
        """Takes a MIDI note (batch,); returns audio."""
        octaves = mode_octaves(body)
        midi_f0, decay, material, contact, place, warble = (
            x[:, None] for x in (midi_f0, decay, material, contact, place, warble)
        )
        k = torch.arange(1, _N_MODES + 1, device=midi_f0.device, dtype=torch.float64)
        frequency_hz = oscillators.midi_to_hz(midi_f0) * torch.exp2(octaves)
        decay_s = decay * torch.exp2(-material * octaves.clamp_min(0))
        # Relative to the lowest mode, so that a soft mallet is dull and not silent.
        above = frequency_hz.square() - frequency_hz[:, :1].square()
        soft = torch.exp(-((torch.pi * contact) ** 2) * above / 2)
        amplitude = soft * torch.sin(torch.pi * k * place) / k.sqrt()
        pairs = torch.cat([frequency_hz - warble / 2, frequency_hz + warble / 2], dim=1)
        amplitude, decay_s = (torch.cat([x, x], dim=1) for x in (amplitude / 2, decay_s))
        return modes.ring(pairs.clamp_min(0), decay_s, amplitude, torch.full_like(pairs, -torch.pi / 2), clock)


def mode_octaves(body: Tensor) -> Tensor:
    """Frequencies of the modes of bodies (batch,), in octaves above the note: float64 (batch, 16)."""
    bar, plate, bell = torch.tensor(_BODIES, device=body.device, dtype=torch.float64)
    body = body[:, None]
    return bar + (plate - bar) * between(body, 0, 1) + (bell - plate) * between(body - 1, 0, 1)
