"""Where facts of drums become inaudible: a row on either side of every limit."""

import math

import pytest

from tests.labels.causes_facts import NAN, check
from tests.labels.test_causes_bodies import DRUM


def hit(skin: float = 0, noise: float = 0, metal: float = 0, **changes: float) -> dict[str, float]:
    """A drum of parts with these shares of the energy, each 0.5 s long."""
    shares = {"skin": skin, "noise": noise, "metal": metal}
    levels = {f"mixer.{name}": math.sqrt(share) for name, share in shares.items()}
    measured = {"noise_share": 0.5, "brightness_hz": 5000.0}
    lengths = {f"{name}.decay": 0.5 for name in shares}
    return {**levels, **lengths, **measured, **{name.replace("__", "."): value for name, value in changes.items()}}


def metal(seconds: float, share: float = 1.0, **changes: float) -> dict[str, float]:
    """Metal of this length with a share of the energy, and skin with the rest: 0.5 s count at most."""
    counted = min(seconds, 0.5) / 0.5
    levels = {"mixer.skin": math.sqrt(1 - share), "mixer.metal": math.sqrt(share / counted)}
    scale = max(1.0, *levels.values())
    return hit(**changes) | {name: level / scale for name, level in levels.items()} | {"metal.decay": seconds}


KICK, TOM, CONGA, SNARE, CLAP, SHAKER, CLOSED, OPEN, CYMBAL = range(9)
ROWS = {
    "source": [
        *(
            (hit(1, skin__frequency=hz), drum)
            for hz, drum in ((83, KICK), (87, TOM), (110, TOM), (215, TOM), (225, CONGA))
        ),
        # A snare is a skin with noise.
        *(
            (hit(1 - share, share, skin__frequency=hz, noise_share=noisy), drum)
            for share, noisy, hz, drum in (
                (0.2, 0.2, 180, SNARE), (0.2, 0.1, 180, TOM), (0.1, 0.5, 180, TOM), (0.2, 0.2, 95, TOM),
                (0.2, 0.2, 105, SNARE), (0.35, 0.5, 180, SNARE), (0.45, 0.5, 180, NAN), (0.2, 0.2, 300, SNARE),
            )
        ),
        # Noise with a skin is a snare too; noise alone is a shaker, or a clap where it comes several times.
        *(
            (hit(1 - share, share, noise__flam=flam, noise_share=noisy), drum)
            for share, noisy, flam, drum in (
                (0.65, 0.5, 0.35, SNARE), (0.65, 0.25, 0.3, NAN), (0.55, 0.5, 0.3, NAN), (0.95, 0.35, 0.3, SHAKER),
                (0.95, 0.5, 0.45, CLAP), (0.85, 0.5, 0.45, CLAP), (0.85, 0.5, 0.35, SNARE), (0.95, 0.5, 0.35, SHAKER),
            )
        ),
        *(
            (metal(seconds), drum)
            for seconds, drum in ((0.25, CLOSED), (0.35, OPEN), (1.15, OPEN), (1.25, CYMBAL), (2.5, CYMBAL))
        ),
        (metal(0.25, 0.65), CLOSED), (metal(0.25, 0.55), NAN), (metal(2.0, 0.65), CYMBAL), (metal(2.0, 0.55), NAN),
        (metal(0.25, brightness_hz=2100), CLOSED), (metal(0.25, brightness_hz=1900), NAN),
        (hit(1, level_db=-59), TOM), (hit(1, level_db=-61), NAN), (hit(), NAN),
        # A skin of 2 s counts as one of 0.5 s.
        ({**hit(0.5, 0.5), "skin.decay": 2.0}, NAN),
    ],
    "bend": [
        *(({**hit(1), "skin.bend": octaves}, octaves if octaves > 0.2 else NAN) for octaves in (0.1, 0.25, 3)),
        ({**hit(0.45, 0.55), "skin.bend": 1}, 1), ({**hit(0.35, 0.65), "skin.bend": 1}, NAN),
        # It takes at most three times as long as the sound.
        ({**hit(1), "skin.bend": 1, "skin.decay": 0.09, "skin.bend_time": 0.25}, 1),
        ({**hit(1), "skin.bend": 1, "skin.decay": 0.09, "skin.bend_time": 0.29}, NAN),
    ],
    "flam_s": [
        (hit(1 - share, share, noise__flam=flam, noise_share=noisy, noise__spread=0.02), expected)
        for share, flam, noisy, expected in (
            (0.55, 0.45, 0.35, 0.02), (0.45, 0.45, 0.35, NAN), (0.55, 0.35, 0.35, NAN), (0.55, 0.45, 0.25, NAN),
        )
    ],
    # The lowest modes of a circular membrane, Fletcher and Rossing, table 3.1: 1 and 1.593.
    "pitch_hz": [
        (hit(1, skin__frequency=130, pitch_hz=131), 130), (hit(1, skin__frequency=130, pitch_hz=209), 1.593 * 130),
        (hit(1, skin__frequency=130, pitch_hz=165), 165), (hit(1, skin__frequency=130, pitch_hz=277.7), 277.7),
        (hit(0.35, 0.65, pitch_hz=131), 130), (hit(0.25, 0.75, pitch_hz=131), NAN), (hit(0, 1, pitch_hz=165), NAN),
    ],
    **{
        name: [(hit(0.35, 0.65, **{name: 4.5}), 4.5), (hit(0.25, 0.75, **{name: 4.5}), NAN)]
        for name in ("glide", "glide_rate", "vibrato", "vibrato_hz")
    },
    # Drive is the gain on the sum of the levels, which is clipped to 1, from 6 dB.
    "drive_db": [
        ({"mixer.skin": a, "mixer.noise": b, "mixer.metal": c, "distortion.drive": gain}, expected)
        for a, b, c, gain, expected in (
            (0.5, 0.3, 0.2, 7, 7), (0.5, 0.3, 0.2, 5.5, NAN), (0.5, 0, 0, 13, 13 - 6.0206), (0.5, 0, 0, 11.5, NAN),
            (1, 1, 1, 12, 12), (0, 0.25, 0.25, 20, 20 - 6.0206), (0, 0, 0.1, 30, 10), (0, 0, 0, 36, NAN),
        )
    ],
}  # fmt: skip


@pytest.mark.parametrize("fact", ROWS)
def test_a_fact_is_given_on_one_side_of_its_limits_alone(fact):
    check(DRUM, fact, ROWS[fact])
