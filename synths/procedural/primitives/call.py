"""Call: animal cries."""

import torch
from torch import Tensor

from synths.dsp import bandlimited, filters, noise, oscillators, phase
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Call(Module):
    """Repeated cries; in each, pitch rises and falls, through two resonances."""

    knobs = (
        Parameter("pitch", 45, 76, "semitone", doc="MIDI note a cry starts and ends at"),
        Parameter("arch", -14, 20, "semitone", doc="how far it has risen halfway"),
        Parameter("rate", 0.7, 9, "Hz", curve=0.5, doc="cries a second"),
        Parameter("length", 0.3, 0.95, "ratio", doc="of a cry, as a part of the time between cries"),
        Parameter("harsh", 0, 1, "ratio", curve=0.5, doc="noise in the throat"),
        Parameter("throat", 500, 2500, "Hz", curve=0.6, doc="lower resonance"),
        Parameter("open", -0.5, 1, "octave", doc="how far the resonances rise halfway"),
        Parameter("focus", 1, 12, "Q", curve=0.5, doc="of the resonances"),
    )

    def forward(
        self,
        clock: Clock,
        key: Tensor,
        *,
        pitch: Tensor,
        arch: Tensor,
        rate: Tensor,
        length: Tensor,
        harsh: Tensor,
        throat: Tensor,
        open: Tensor,
        focus: Tensor,
    ) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio."""
        pitch, arch, rate, length, throat, open = (x[:, None] for x in (pitch, arch, rate, length, throat, open))
        turn = clock.boundaries_s() * rate
        cry = ((turn - turn.detach().floor()) / length).clamp_max(1)
        halfway = torch.sin(torch.pi * cry)
        frequency_hz = oscillators.midi_to_hz(pitch + arch * halfway)
        buzz = bandlimited.saw(phase.glide(frequency_hz, torch.zeros_like(focus), clock), frequency_hz, clock)
        source = buzz + clock.constant(2 * harsh) * noise.white(key, clock)
        lower_hz = throat * torch.exp2(open * halfway)
        formants_hz = torch.stack([lower_hz, 2.1 * lower_hz], dim=1)
        q = focus[:, None].expand(-1, 2)
        voice = filters.resonators(source, formants_hz, q, torch.ones_like(q), clock)
        return voice * clock.to_audio(halfway.clamp_min(0))
