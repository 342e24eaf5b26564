"""Where facts of sung sounds become inaudible: a row on either side of every limit."""

import pytest

from tests.labels.causes_facts import NAN, check
from tests.labels.test_causes_voices import FORMANT, VOWELS_HZ

A_OPEN_HZ, A_FRONT_HZ = VOWELS_HZ[2]


def vowel_off(octaves: float) -> dict[str, float]:
    """An a, whose first two formants are both shifted."""
    return {"tract.first_open": A_OPEN_HZ * 2**octaves, "tract.first_front": A_FRONT_HZ * 2**octaves}


# Formants show where partials are dense, or breath fills the gaps, and where the formants are narrow.
SHOWN = [
    ({"keyboard.midi_f0": key, "glottis.breath": breath}, there)
    for key, breath, there in ((64, 0.1, True), (66, 0.1, False), (66, 0.55, True), (66, 0.45, False), (80, 0.9, True))
] + [
    ({"tract.focus": 0.55}, True),
    ({"tract.focus": 0.45}, False),
    ({"level_db": -59}, True),
    ({"level_db": -61}, False),
]
ROWS = {
    "first_vowel": [
        *((changes, 2 if there else NAN) for changes, there in SHOWN),
        *(({"tract.first_open": f1, "tract.first_front": f2}, i) for i, (f1, f2) in enumerate(VOWELS_HZ)),
        # Audible where half of the glide lies at least 50 ms after the start.
        ({"onset_s": 0.41}, 2), ({"onset_s": 0.44}, NAN), ({"onset_s": 0.41, "tract.glide_time": 0.1}, NAN),
        # At most 0.4 octaves off in the plane of two formants: 0.28 in each.
        (vowel_off(0.26), 2), (vowel_off(0.31), NAN),
    ],
    "last_vowel": [
        *((changes, 2 if there else NAN) for changes, there in SHOWN),
        *(({"tract.second_open": f1, "tract.second_front": f2}, i) for i, (f1, f2) in enumerate(VOWELS_HZ)),
        # Audible where the sound goes on for 50 ms after the glide, which ends at 0.55 s.
        ({"length_s": 0.62}, 2), ({"length_s": 0.58}, NAN), ({"length_s": 0.53, "onset_s": 0.09}, 2),
        ({"length_s": 0.62, "tract.glide_time": 0.2}, NAN), ({"length_s": 0.62, "tract.glide_start": 0.44}, NAN),
    ],
    "throat": [({"tract.size": 1.3, **changes}, 1.3 if there else NAN) for changes, there in SHOWN],
    "breath": [({"keyboard.midi_f0": 80}, 0.1), ({"level_db": -59}, 0.1), ({"level_db": -61}, NAN)],
    # A semitone at most between theta and what is measured; 15 % between rates.
    "pitch_hz": [({"pitch_hz": 110 * 2 ** (cents / 1200)}, 110) for cents in (-90, 90, 0)]
    # Farther off than a semitone it is that of a formant, or an octave off; but the voice may slide and tremble.
    + [({"pitch_hz": 110 * 2 ** (cents / 1200)}, NAN) for cents in (-1200, -110, 110, 1200)]
    + [
        ({"pitch_hz": 110 * 2 ** (cents / 1200), **knobs}, 110 * 2 ** (cents / 1200) if there else NAN)
        for knobs in ({"glottis.slide": 12, "glottis.vibrato": 0.5}, {"glottis.slide": 11, "glottis.vibrato": 1.5})
        for cents, there in ((1340, True), (1360, False), (600, True), (-260, False))
    ]
    + [
        ({"pitch_hz": 110 * 2 ** (cents / 1200), "glottis.slide": -5}, 110 * 2 ** (cents / 1200) if there else NAN)
        for cents, there in ((-590, True), (-610, False), (110, False))
    ],
    "overtones_db": [({"pitch_hz": hz, "overtones_db": 3}, 3 if hz == 110 else NAN) for hz in (110, 220)],
    "glide": [({"pitch_hz": hz, "glide": 2}, 2 if hz == 110 else NAN) for hz in (110, 220)],
    "vibrato_hz": [
        ({"glottis.vibrato_rate": 6, "vibrato_hz": rate, "pitch_hz": 110}, 6 if 6 / 1.15 < rate < 6 * 1.15 else rate)
        for rate in (5.1, 5.3, 6, 6.8, 7.0)
    ]
    + [({"glottis.vibrato_rate": 6, "vibrato_hz": 6, "pitch_hz": 220}, NAN)],
    "source": [({}, 0), ({"level_db": -80}, 0)],
}  # fmt: skip


@pytest.mark.parametrize("fact", ROWS)
def test_a_fact_is_given_on_one_side_of_its_limits_alone(fact):
    check(FORMANT, fact, ROWS[fact])
