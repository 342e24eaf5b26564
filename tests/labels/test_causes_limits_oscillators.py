"""Facts of oscillators: exact shares of the power, pitches, and limits with a row on either side."""

import math

import pytest

from tests.labels.causes_facts import NAN, check, facts_of
from tests.labels.test_causes_oscillators import FM_KEYS, PAIR_HZ, PARAMETRIC, VOICE, VOICEFM

WAVES = ("sine", "square", "saw")
MIXES = [
    {"noise": 0.2, "saw": 0.2, "square": 0.25, "sine": 0.35},
    {"noise": 0.4, "saw": 0.1, "square": 0.05, "sine": 0.45},
    {"saw": 0.5, "square": 0.5},
    {"square": 0.3, "sine": 0.7},
]
BENCHES = {"voice": VOICE, "voicefm": VOICEFM, "parametric": PARAMETRIC}


def wanted(mix: dict[str, float]) -> dict[str, float]:
    """Shares of all waves in a patch, which later ones take first."""
    return {"noise": 1.0} | mix


@pytest.mark.parametrize("mix", MIXES, ids=str)
@pytest.mark.parametrize("name", BENCHES)
def test_shares_of_the_power_are_those_of_the_patch(name, mix):
    found = facts_of(BENCHES[name], wanted(mix))
    for wave in WAVES:
        assert found[f"{wave}_share"] == pytest.approx(mix.get(wave, 0), abs=0.002), wave


@pytest.mark.parametrize("name", BENCHES)
def test_shares_are_audible_in_tones_and_those_of_square_and_saw_with_overtones(name):
    for changes, shown in (
        ({"noise_share": 0.45}, WAVES), ({"noise_share": 0.55}, ()), ({"overtones_db": -19}, WAVES),
        ({"overtones_db": -21}, ("sine",)), ({"overtones_db": NAN}, ("sine",)), ({"overtones_db": -60}, ("sine",)),
    ):  # fmt: skip
        found = facts_of(BENCHES[name], wanted(MIXES[0]) | changes)
        assert [wave for wave in WAVES if not math.isnan(found[f"{wave}_share"])] == list(shown), changes


def test_a_pair_in_frequency_modulation_is_neither_sine_nor_square_nor_saw():
    for bench, mix in ((VOICEFM, {"fm": 0.5, "sine": 0.3}), (VOICEFM, {"fm": 0.25, "saw": 0.75})):
        found = facts_of(bench, wanted(mix))
        for wave in WAVES:
            assert found[f"{wave}_share"] == pytest.approx(mix.get(wave, 0), abs=0.01)
    # A sine of the mixer's level a beside a pair of the level b: shares a^2 and b^2.
    for a, b in ((0.6, 0.8), (0.8, 0.6)):
        silent = {f"mixer.{name}": 0.0 for name in ("noise", "vco_1", "vco_2", "vco_3", "vco_4")}
        pairs = [name for name in PARAMETRIC.synth.space.names if name.startswith("mixer.vco_")][-1:]
        found = facts_of(PARAMETRIC_RAW, silent | {"mixer.vco_1": a, pairs[0]: b})
        assert found["sine_share"] == pytest.approx(a**2, abs=0.01)


PARAMETRIC_RAW = PARAMETRIC.__class__(
    PARAMETRIC.synth, {k: v for k, v in PARAMETRIC.base.items() if k != "noise"}, PARAMETRIC.scales
)
# The second oscillator falls from three octaves above 220 Hz in a line: the first envelope decays as long as the clip.
FALLS = {
    **{f"mod_matrix.{cable}": 1.0 for cable in ("adsr_2->vco_2_pitch", "adsr_1->vco_1_amp", "adsr_1->vco_2_amp")},
    **{"adsr_2.attack": 0.0, "adsr_2.decay": 1.0, "adsr_2.sustain": 0.0, "adsr_2.alpha": 1.0},
    **{"vco_2.tuning": -12.0, "vco_2.mod_depth": 36.0},
}
# A period that is no oscillator's is no pitch: both may nearly repeat after it.
PITCHED = [(220, 220), (225, 220), (440, 440), (430, 440), (300, NAN), (880, NAN), (110, NAN)]
BOTH = {"sine": 0.5, "square": 0.5}
# Key 69: the first oscillator is tuned an octave lower.
VOICE_ROWS = {
    "source": [({}, 0)],
    "pitch_hz": [
        *((BOTH | {"pitch_hz": found}, hz) for found, hz in PITCHED),
        # Only of an oscillator that is less than 20 dB below the other.
        *(({"sine": share, "square": 1 - share, "pitch_hz": 222}, hz) for share, hz in ((0.05, 220), (0.001, NAN))),
        # A tone beyond half the sample rate of 16 kHz is mirrored.
        (BOTH | {"keyboard.midi_f0": 122, "pitch_hz": 6700}, 16000 - 440 * 2 ** (53 / 12)),
        # A cable from an envelope that is held at 1 moves the pitch by mod_depth; MIDI notes end at 127.
        (BOTH | {"mod_matrix.adsr_1->vco_1_pitch": 1, "vco_1.mod_depth": 7, "pitch_hz": 335}, 220 * 2 ** (7 / 12)),
        (BOTH | {"mod_matrix.adsr_1->vco_2_pitch": 1, "vco_2.mod_depth": -5, "pitch_hz": 335}, 440 * 2 ** (-5 / 12)),
        (
            BOTH | {"mod_matrix.adsr_1->vco_2_pitch": 1, "vco_2.mod_depth": 96, "pitch_hz": 3400},
            16000 - 440 * 2 ** (58 / 12),
        ),
        (BOTH | {"mod_matrix.adsr_1->vco_2_pitch": 1, "vco_2.mod_depth": -96, "pitch_hz": 8.3}, 440 * 2 ** (-69 / 12)),
        # Where the loudest oscillator falls by 36 semitones in a second: what it passes on the way.
        *(
            ({"sine": 0.1, "square": 0.9, **FALLS, "pitch_hz": found}, hz)
            for found, hz in ((400, 400), (1000, 1000), (115, NAN), (290, NAN), (1400, NAN))
        ),
        ({"sine": 0.9, "square": 0.1, **FALLS, "pitch_hz": 400}, NAN),
    ],
    "overtones_db": [(BOTH | {"pitch_hz": hz, "overtones_db": 3}, 3 if hz == 220 else NAN) for hz in (220, 300)],
    **{
        fact: [
            (BOTH | {"pitch_hz": 220, "lfo_1.frequency": 4, "lfo_2.frequency": 9, fact: rate}, expected)
            for rate, expected in ((4.4, 4), (8.5, 9), (6, 6), (NAN, NAN), (4.8, 4.8), (3.3, 3.3))
        ]
        for fact in ("vibrato_hz", "tremolo_hz")
    },
}
VOICE_ROWS["vibrato_hz"].append((BOTH | {"pitch_hz": 300, "lfo_1.frequency": 4, "vibrato_hz": 4}, NAN))
THIRD_LFO = {
    fact: [
        (BOTH | {"pitch_hz": 220, "lfo_1.frequency": 4, "lfo_2.frequency": 9, "lfo_3.frequency": 15, fact: 14.0}, 15)
    ]
    for fact in ("vibrato_hz", "tremolo_hz")
}
SLOW = 2 ** (-40 / 12)  # the modulator's frequency against the carrier's
VOICEFM_ROWS = {
    **VOICE_ROWS,
    **{fact: VOICE_ROWS[fact] + rows for fact, rows in THIRD_LFO.items()},
    "pitch_hz": [*VOICE_ROWS["pitch_hz"], ({"fm": 1, "pitch_hz": 1.03 * PAIR_HZ}, PAIR_HZ)],
    # Index: deviation / modulator frequency, times the modulator's amplitude.
    "fm_index": [
        *(({"fm": 1, "vco_4.mod_depth": index * SLOW}, index if index > 0.1 else NAN) for index in (0.08, 0.12, 3, 8)),
        ({"fm": 1, "vco_4.mod_depth": -3 * SLOW}, 3),
        ({"fm": 1, "vco_4.mod_depth": 3 * SLOW, "mod_matrix.adsr_1->vco_3_amp": 0.5}, 1.5),
        ({"fm": 1, "vco_4.mod_depth": 0.06, "vco_3.tuning": -8}, 0.06 * 2 ** (28 / 12)),
        # The pair is audible from three tenths of the power of all else: 0.23 of the sum.
        *(
            ({"vco_4.mod_depth": 3 * SLOW, "fm": share} | {wave: 1 - share, "noise": 0.0}, expected)
            for share, expected in ((0.26, 3), (0.21, NAN), (0.5, 3))
            for wave in ("sine",)
        ),
        ({"vco_4.mod_depth": 3 * SLOW, "noise": 1, "fm": 0.26}, 3),
        ({"vco_4.mod_depth": 3 * SLOW, "noise": 1, "fm": 0.21}, NAN),
    ],
}


def test_the_pitch_of_an_oscillator_that_moves_is_its_median():
    found = facts_of(VOICE, {"square": 1.0, **FALLS, "pitch_hz": 630})
    assert found["pitch_hz"] == pytest.approx(220 * 2**1.5, rel=0.03)


@pytest.mark.parametrize("fact", VOICE_ROWS)
def test_facts_of_a_voice(fact):
    check(VOICE, fact, VOICE_ROWS[fact], rel=0.02 if fact == "fm_index" else 1e-3)


@pytest.mark.parametrize("fact", VOICEFM_ROWS)
def test_facts_of_a_voice_with_frequency_modulation(fact):
    check(VOICEFM, fact, VOICEFM_ROWS[fact], rel=0.03 if fact == "fm_index" else 1e-3)


def db(index: float) -> float:
    """The level at which an operator modulates with this index: 4 pi at 0 dB."""
    return 20 * math.log10(index / 4 / math.pi)


CHAIN, TWO_PAIRS, FOUR = ({"algorithm.choice": n + 0.5} for n in (0, 4, 7))  # Yamaha's algorithms 1, 5 and 8
OUT = {f"output.op_{i}": 0.0 for i in (1, 2, 3, 4)}
FM_ROWS = {
    "source": [({}, 0)],
    "fm_index": [
        *(({"op_2.level": db(index)}, index if index > 0.2 else NAN) for index in (0.15, 0.23, 1.5, 4 * math.pi)),
        ({"op_2.level": db(2), "overtones_db": -24}, 2), ({"op_2.level": db(2), "overtones_db": -26}, NAN),
        ({"op_2.level": db(2), "overtones_db": NAN}, 2),
        # The loudest carrier counts: here the third operator, on which the fourth acts.
        ({**TWO_PAIRS, **OUT, "output.op_1": 0.5, "output.op_3": 0.6, "op_3.level": 0, "op_4.level": db(3)}, 3),
        ({**TWO_PAIRS, **OUT, "output.op_1": 0.5, "output.op_3": 0.6, "op_3.level": -6, "op_4.level": db(3),
          "op_2.level": db(1)}, 1),
        # In a chain only the second acts on the first; the third's output is not in the mix.
        ({**CHAIN, **OUT, "output.op_1": 0.2, "output.op_3": 1, "op_2.level": db(2), "op_3.level": 0}, 2),
        ({**FOUR, "op_2.level": 0}, NAN),
    ],
    "fm_ratio": [
        ({"op_1.coarse": a + 0.5, "op_2.coarse": b + 0.5, "op_2.level": db(1.5)}, ratio)
        for a, b, ratio in ((1, 3, 3), (2, 3, 1.5), (1, 0, 0.5), (0, 1, 2), (3, 1, 1 / 3), (1, 15, 15), (1, 15.5, 15))
    ] + [({"op_2.level": db(0.15)}, NAN)],
    "sine_share": [
        # Four carriers: the share of the loudest.
        ({**FOUR, **OUT, "output.op_1": 0.8, "output.op_2": 0.4, "op_1.level": 0, "op_2.level": 0}, 0.8),
        ({**FOUR, **OUT, "output.op_1": 0.8, "output.op_2": 0.8, "op_1.level": 0, "op_2.level": -20 * math.log10(2)},
         0.8),
        ({**FOUR, **OUT, "output.op_1": 0.8, "harmonicity": 0.55}, 1),
        ({**FOUR, **OUT, "output.op_1": 0.8, "harmonicity": 0.45}, NAN),
        ({"op_2.level": db(0.15)}, 1), ({"op_2.level": db(0.23)}, NAN),
        # Feedback makes a saw of the fourth operator.
        ({**FOUR, **OUT, "output.op_4": 0.8, "op_4.feedback": 0.05}, 1),
        ({**FOUR, **OUT, "output.op_4": 0.8, "op_4.feedback": 0.15}, NAN),
        ({**FOUR, **OUT, "output.op_3": 0.8, "op_4.feedback": 0.15}, 1),
    ],
    # The key's pitch, its multiples by each operator, or half of it.
    "pitch_hz": [
        ({f"op_{i}.coarse": 2.5 * i + 0.5 for i in (1, 2, 3, 4)} | {"pitch_hz": 1.02 * times * 220}, times * 220)
        for times in (1, 0.5, 3, 5, 8, 10)
    ] + [({"pitch_hz": 0.25 * 220}, 0.25 * 220)]
    # An operator is tuned in fractions of a semitone, too.
    + [({"op_1.coarse": 5.5, "op_1.fine": fine, "pitch_hz": 1.01 * 1100 * 2 ** (fine / 12)}, 1100 * 2 ** (fine / 12))
       for fine in (-0.7, 0.4)],
}  # fmt: skip


@pytest.mark.parametrize("fact", FM_ROWS)
def test_facts_of_four_operators(fact):
    check(FM_KEYS, fact, FM_ROWS[fact])


@pytest.mark.parametrize(("name", "n"), [("voice", 2), ("voicefm", 3)])
def test_each_envelope_and_each_lfo_moves_what_its_cable_leads_to(name, n):
    bench = BENCHES[name]
    still = {knob: 0.0 for knob in bench.synth.space.names if knob.endswith((".attack", ".decay"))}
    off = {f"mod_matrix.adsr_1->vco_{i}_amp": 0.0 for i in (1, 2)}
    for k in range(1, n + 1):
        other = f"mod_matrix.adsr_{k % n + 1}->vco_1_amp"
        half = {f"adsr_{k}.sustain": 0.5, f"mod_matrix.adsr_{k}->vco_2_amp": 1.0, other: 1.0}
        found = facts_of(bench, wanted({"square": 0.5, "sine": 0.5}) | still | off | half)
        # The square at half its amplitude: a quarter of its power, beside that of the sine.
        assert found["square_share"] == pytest.approx(0.25 / 1.25, abs=0.002), f"adsr_{k}"
        lfos = {f"lfo_{i}_amp_adsr.sustain": float(i == k) for i in range(1, n + 1)}
        for i in range(1, n + 1):
            by_lfo = lfos | {f"mod_matrix.lfo_{i}->vco_2_amp": 1.0, other: 1.0}
            found = facts_of(bench, wanted({"square": 0.5, "sine": 0.5}) | still | off | by_lfo)
            assert (found["square_share"] > 0.01) == (i == k), f"lfo_{i} through its own envelope"
