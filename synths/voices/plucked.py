"""Plucked: a plucked and damped string."""

from typing import Any

from torch import Tensor

from synths.instrument import Instrument
from synths.modules import VCA, Keyboard, Mixer
from synths.modules.damper import Damper
from synths.modules.noise_burst import NoiseBurst
from synths.modules.string import String
from synths.notes.touch import Touch


class Plucked(Instrument):
    """One note of a guitar, a harp, a harpsichord or a bass, as partials that decay each at its own rate.

    A sound begins with a step: the plectrum lets go of a string that it has drawn aside.

    Source: see `String`. Sums of partials take the place of a delay line with feedback, which would be a
    recursion from sample to sample.
    """

    touch = Touch(
        knobs={"string.brightness": 3}, release=("damper.release", "plectrum.decay"), rings=4 / 3, bends=False
    )

    def __init__(self, **kwargs):
        rack = {
            "keyboard": Keyboard(lowest=28, highest=96),
            "string": String(),
            "plectrum": NoiseBurst(longest_s=0.1),
            "damper": Damper(),
            "vca": VCA(),
            "output": Mixer({"string": 2.0, "plectrum": 0.3}),
        }
        super().__init__(rack, **kwargs)

    def patch(self, rack: Any, key: Tensor) -> Tensor:
        midi_f0, note_on_s = rack.keyboard()
        string = rack.vca(rack.string(midi_f0), rack.damper(note_on_s))
        return rack.output(string, rack.plectrum(key))
