"""A sound for every rule of tags, and what changes one fact of it."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from tests.labels.sounds import KNOBS, Recipe

Knob = Callable[[Recipe, float], Recipe]


class Row(NamedTuple):
    """A sound on which a rule holds, and knobs that leave its other facts alone where the usual ones do not."""

    base: Recipe
    knobs: dict[str, Knob] = {}


def set_to(**fixed: float) -> Knob:
    return lambda r, _: replace(r, **fixed)


def also(knob: str, **fixed: float) -> Knob:
    """The usual knob, on a sound with other properties."""
    return lambda r, v: KNOBS[knob](replace(r, **fixed), v)


tone = partial(Recipe, overtones_db=-6.0)
noise = partial(Recipe, noise=1.0)

# Rule's word -> a row for each of its rules.
ROWS: dict[str, list[Row]] = {
    "beep": [Row(tone(hz=900, hold=0.5))],
    "alarm": [Row(tone(hz=900, hold=0.2, times=4))],
    "siren": [Row(Recipe(hz=800, vibrato=2.0, vibrato_hz=4)), Row(Recipe(hz=800, glide=8, hold=1.5))],
    "chirp": [Row(Recipe(hz=450, glide=16, hold=0.4), {"length_s": lambda r, v: replace(r, hold=v, glide=36 * v)})],
    "laser": [
        Row(
            Recipe(hz=1500, glide=-18, hold=0.3),
            {"pitch_hz": lambda r, v: KNOBS["pitch_hz"](replace(r, glide=-13), 200 * (v / 200) ** 4)},
        )
    ],
    "riser": [Row(Recipe(glide=8, hold=1.5)), Row(Recipe(hz=700, glide=12, hold=1.5))],
    "downlifter": [Row(Recipe(glide=-8, hold=1.5))],
    "drone": [Row(Recipe(hz=150))],
    "pad": [Row(tone(attack=0.4, hold=1.5))],
    "bass line": [
        Row(Recipe(hz=80, hold=1.0), {"length_s": lambda r, v: replace(r, hz=120, start=0.115, hold=max(v, 0.085))})
    ],
    "lead": [Row(Recipe(hz=400, overtones_db=3, hold=1.0))],
    "melodic": [Row(tone(hold=1.0))],
    "stab": [Row(tone(hz=300, hold=0.25))],
    "pluck": [Row(tone(hz=300, hold=0, decay=0.4), {"decay_s": lambda r, v: replace(r, decay=max(v, 0.068))})],
    "percussive hit": [Row(tone(hold=0, decay=0.1))],
    "click": [
        Row(
            Recipe(hz=1000, hold=0.02),
            {"attack_s": lambda r, v: replace(r, attack=0.042, hold=0.002) if v > 0.03 else r},
        )
    ],
    "thud": [Row(Recipe(hz=120, hold=0, decay=0.2, overtones_db=-30))],
    "tick": [Row(Recipe(hz=5000, hold=0.03), {"attack_s": also("attack_s", hold=0.005)})],
    "hum": [
        Row(
            Recipe(hz=120, noise_hz=500, hold=1.0),
            {"brightness_hz": also("brightness_hz", hz=200, overtones_db=0)},
        )
    ],
    "rumble": [
        Row(
            noise(hz=100, noise_hz=240, hold=1.0),
            {"bass_share": lambda r, v: replace(r, noise=v, beside=1 - v, beside_hz=1000)},
        )
    ],
    "hiss": [Row(noise(hz=5000, hold=1.0))],
    "rushing": [Row(noise(hz=2000, noise_hz=4000, hold=1.0))],
    "whoosh": [
        Row(
            noise(attack=1.0, hold=0, decay=1.0),
            {"attack_s": also("attack_s", decay=0.15), "decay_s": also("decay_s", attack=0.2)},
        )
    ],
    "whistle": [Row(Recipe(hz=1500, overtones_db=-30, hold=0.5))],
    "texture": [Row(Recipe(hz=200, noise=0.6, hold=1.5))],
    "bell-like": [
        Row(
            Recipe(hz=200, lines=0.8, hold=0, decay=0.8),
            {"length_s": lambda r, v: replace(r, decay=v)},
        )
    ],
    "growl": [Row(Recipe(hz=100, overtones_db=6, hold=1.0))],
    "wobble": [Row(Recipe(hz=120, tremolo=0.7, tremolo_hz=4))],
    "one-shot": [
        Row(
            Recipe(hold=0.2, decay=0.3),
            {
                "decay_s": set_to(hold=math.inf),
                "n_attacks": lambda r, v: replace(r, decay=0, times=round(v)),
            },
        )
    ],
    "swell": [Row(Recipe(attack=1.0, hold=0, decay=0.8), {"attack_s": also("attack_s", decay=0.2)})],
    "pitched": [Row(tone(hold=1.0), {"pitch_hz": set_to(hold=0.03)})],
    "glissando": [
        Row(Recipe(glide=8, hold=5, seconds=6), {"glide": also("glide", hold=2)}),
        Row(Recipe(glide=-8, hold=5, seconds=6), {"glide": also("glide", hold=2)}),
    ],
    "airy": [
        Row(
            noise(hz=6000),
            {"treble_share": lambda r, v: replace(r, noise_hz=4000 / (1 - v))},
        )
    ],
    "shrill": [Row(Recipe(hz=5000), {"treble_share": also("treble_share", hz=1000, beside_hz=5000)})],
    "metallic": [
        Row(Recipe(hz=200, lines=0.9), {"brightness_hz": lambda r, v: replace(r, lines=1, n_lines=9, lines_hz=v / 6)})
    ],
    "pure tone": [Row(Recipe(hz=500, overtones_db=-40, noise_from=4500))],
    "mellow": [Row(Recipe(hz=500, overtones_db=-18, noise_from=4500))],
    "rich": [Row(Recipe(hz=200, overtones_db=-8, noise_from=4500))],
    "buzz": [Row(Recipe(hz=200, overtones_db=3, noise_from=4500))],
    "sine-like": [Row(Recipe(hz=500, overtones_db=-40, noise_from=4500))],
    "strong overtones": [Row(Recipe(hz=200, overtones_db=8, noise_from=4500))],
    "attack": [Row(Recipe(hold=1.0))],
    "decay": [Row(Recipe(hold=0, decay=0.3))],
    "release": [Row(Recipe(hold=1.0, decay=0.5))],
    "sustain": [Row(Recipe(hold=1.0))],
    "percussive": [Row(Recipe(hold=0, decay=0.3), {"decay_s": set_to(hold=math.inf, decay=0, drop=0.3)})],
    "crescendo": [
        Row(
            Recipe(attack=1.2, hold=0, decay=0.2),
            {
                "attack_s": also("attack_s", hold=1.0, creep=0.08, decay=0),
                "length_s": also("length_s", attack=0.4, creep=0.08, decay=0),
            },
        )
    ],
    "diminuendo": [Row(Recipe(attack=0.05, hold=0, decay=1.0))],
    "flutter": [Row(Recipe(tremolo=0.6, tremolo_hz=13))],
}

# Fact -> a sound for the rules on this fact alone.
_RICH = Recipe(hz=200, overtones_db=0)
BASES = {
    "decay_s": Recipe(hold=0.204, seconds=4),
    "length_s": Recipe(seconds=8),
    "sustain": Recipe(hold=1.5),
    "n_attacks": Recipe(hold=0.15),
    "swell": Recipe(attack=1.4, hold=0, decay=1.4),
    "bandwidth_hz": Recipe(beside=0.5),
    "bass_share": Recipe(hz=150, beside_hz=1000),
    "treble_share": Recipe(hz=1000, beside_hz=5000),
    "tonal_share": _RICH,
    "brightening": Recipe(hz=700),
    # The highest note is above what half the rate carries otherwise.
    "pitch_hz": Recipe(seconds=0.6, sample_rate=48000),
    "harmonicity": _RICH,
    "glide_rate": Recipe(hold=2),
    "vibrato_hz": Recipe(vibrato=0.7),
    "tremolo_hz": Recipe(tremolo=0.4),
    "even_db": Recipe(hz=300, overtones_db=0),
    "noise_share": _RICH,
    "inharmonicity": Recipe(hz=200),
}
