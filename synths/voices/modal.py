"""Modal: struck bars, plates and bells."""

from typing import Any

from torch import Tensor

from synths.instrument import Instrument
from synths.modules import VCA, Keyboard, Mixer
from synths.modules.damper import Damper
from synths.modules.noise_burst import NoiseBurst
from synths.modules.struck_body import StruckBody
from synths.notes.touch import Touch


class Modal(Instrument):
    """One stroke on a bar, a plate or a bell of metal, glass or wood, with a soft or a hard mallet.

    A sound begins with a step: the stroke.

    Source: see `StruckBody`.
    """

    touch = Touch(knobs={"body.contact": -0.001}, release=("damper.release", "mallet.decay"), rings=4 / 3, bends=False)

    def __init__(self, **kwargs):
        rack = {
            "keyboard": Keyboard(lowest=36, highest=100),
            "body": StruckBody(),
            "mallet": NoiseBurst(longest_s=0.1),
            "damper": Damper(),
            "vca": VCA(),
            "output": Mixer({"body": 2.0, "mallet": 0.3}),
        }
        super().__init__(rack, **kwargs)

    def patch(self, rack: Any, key: Tensor) -> Tensor:
        midi_f0, note_on_s = rack.keyboard()
        body = rack.vca(rack.body(midi_f0), rack.damper(note_on_s))
        return rack.output(body, rack.mallet(key))
