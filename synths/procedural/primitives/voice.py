"""Voice: a sung or whispered syllable."""

from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.glottis import Glottis
from synths.modules.module import Module
from synths.modules.vocal_tract import VocalTract
from synths.parameters import Parameter


class Voice(Module):
    """A glottal source through formants that glide from one vowel to another. Source: see `Glottis`, `VocalTract`."""

    knobs = (Parameter("pitch", 36, 80, "semitone", doc="MIDI note"), *Glottis.knobs, *VocalTract.knobs)

    def forward(self, clock: Clock, key: Tensor, *, pitch: Tensor, **knobs: Tensor) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio."""
        throat = {knob.name: knobs[knob.name] for knob in Glottis.knobs}
        mouth = {knob.name: knobs[knob.name] for knob in VocalTract.knobs}
        return VocalTract().forward(clock, Glottis().forward(clock, pitch, key, **throat), **mouth)
