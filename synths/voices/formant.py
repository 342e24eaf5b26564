"""Formant: a voice singing two vowels."""

from typing import Any

from torch import Tensor

from synths.instrument import Instrument
from synths.modules import ADSR, VCA, Keyboard, Mixer
from synths.modules.glottis import Glottis
from synths.modules.vocal_tract import VocalTract
from synths.notes.touch import Touch


class Formant(Instrument):
    """One syllable without consonants: a glottal source through formants that glide between two vowels.

    Source: see `Glottis` and `VocalTract`.
    """

    revision = 4
    touch = Touch(knobs={"glottis.tilt": 4000})

    def __init__(self, **kwargs):
        rack = {
            "keyboard": Keyboard(lowest=36, highest=84),
            "glottis": Glottis(),
            "tract": VocalTract(),
            "adsr": ADSR(),
            "vca": VCA(),
            "output": Mixer({"voice": 2.0}),
        }
        super().__init__(rack, **kwargs)

    def patch(self, rack: Any, key: Tensor) -> Tensor:
        midi_f0, note_on_s = rack.keyboard()
        sound = rack.tract(rack.glottis(midi_f0, key))
        return rack.output(rack.vca(sound, rack.adsr(note_on_s)))
