"""Drum: kick, snare, hat, tom, clap and mixtures of them."""

from typing import Any

from torch import Tensor

from synths.instrument import Instrument
from synths.modules import Distortion, Mixer
from synths.modules.cymbal import Cymbal
from synths.modules.membrane import Membrane
from synths.modules.noise_burst import NoiseBurst
from synths.notes.touch import Touch


class Drum(Instrument):
    """One hit of a drum machine: drumhead, noise and cymbal, mixed and distorted.

    A sound begins with a step: the hit. A kick is the drumhead alone, low with a pitch drop; a tom is higher; a
    snare adds noise; a clap is bursts of noise; a hat is the cymbal. `synths/presets/drum` holds presets of these
    and of mixtures of them.

    Source: the circuits of Roland's TR-808, 1980; see `Membrane` and `Cymbal`.
    """

    touch = Touch(
        knobs={"skin.overtones": 0.4, "noise.colour": 12},
        release=("skin.decay", "noise.decay", "metal.decay"),
        rings=4 / 3,
    )

    def __init__(self, **kwargs):
        rack = {
            "skin": Membrane(),
            "noise": NoiseBurst(),
            "metal": Cymbal(),
            "mixer": Mixer({"skin": 1.0, "noise": 0.7, "metal": 0.5}),
            "distortion": Distortion(),
            "output": Mixer({"drum": 3.0}),
        }
        super().__init__(rack, **kwargs)

    def patch(self, rack: Any, key: Tensor) -> Tensor:
        mix = rack.mixer(rack.skin(), rack.noise(key), rack.metal())
        return rack.output(rack.distortion(mix))
