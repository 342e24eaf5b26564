"""Rules of oscillators and frequency modulation: a pair of patches on either side of every edge."""

import math

import numpy as np
import pytest
import torch

from doppelganger.labels.measure.measurements import measure
from synths.voices.four_operator_fm import FourOperatorFM
from synths.voices.parametric import ParametricSynth
from synths.voices.six_operator_fm import SixOperatorFM
from synths.voices.voice import Voice
from synths.voices.voicefm import VoiceFM
from tests.labels.causes_measures import SR, fm, lines, steady
from tests.labels.causes_patches import Bench, Scale, label
from tests.labels.causes_waves import shared_out, wave_scales

SETTINGS = {"sample_rate": SR, "seconds": 1.0}
RATIOS = (1 / 3, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0)
INDICES = np.geomspace(0.1, 12, 80)


# ---- Voice and VoiceFM: a sine at 220 Hz, a square or a saw at 440 Hz, a pair in frequency modulation ----


def voice(wanted: dict[str, float]) -> dict[str, float]:
    knobs, (sine, square, saw, noise, pair) = shared_out(wanted, "sine", "square", "saw", "noise", "fm")
    # Their wave is (1 - s / 2) ((1 - s) square + 2 s saw).
    shape = saw / max(saw + 2 * square, 1e-9)
    rich = (square + saw) / ((1 - shape / 2) * (1 + shape))
    knobs |= {"mixer.vco_1": sine, "mixer.vco_2": rich, "vco_2.shape": shape, "mixer.noise": noise}
    return knobs | ({"mixer.vco_4": pair} if "fm" in wanted else {})


def matrix(synth, **cables: str) -> dict[str, float]:
    """A held note: envelopes that stay up, and of all crossings only these."""
    ends = {"attack": 0.01, "sustain": 1.0}
    held = {name: ends[name.split(".")[-1]] for name in synth.space.names if name.split(".")[-1] in ends}
    none = {name: 0.0 for name in synth.space.names if "->" in name}
    return held | none | {f"mod_matrix.{source}->{target}": 1.0 for target, source in cables.items()}


VOICE_NOTE = {"noise": 1.0, "keyboard.midi_f0": 69, "keyboard.duration": 4, "vco_1.tuning": -12}
AMPS = {"vco_1_amp": "adsr_1", "vco_2_amp": "adsr_1", "noise_amp": "adsr_1"}
VOICE = Bench(
    synth := Voice(**SETTINGS), matrix(synth, **AMPS) | VOICE_NOTE, wave_scales(0.09), voice
)  # fmt: skip
PAIR_RATIO = 2 ** (-40 / 12)
PAIR_HZ = 440 * 2 ** (20 / 12)
VOICEFM = Bench(
    synth := VoiceFM(**SETTINGS),
    matrix(synth, **AMPS, vco_3_amp="adsr_1")
    | {"fm": 0.0, "vco_3.tuning": -20, "vco_4.tuning": 20, "vco_3.initial_phase": math.pi / 2}
    | VOICE_NOTE,
    {
        **wave_scales(0.09),
        "fm_index": Scale(
            lambda v: {"fm": 1, "vco_4.mod_depth": v * PAIR_RATIO},
            lambda x: fm(x, PAIR_HZ, INDICES, np.array([PAIR_RATIO]))[0],
            (0.15, 9), 1.15, 1.1, True, absent={"saw": 1},
        ),
    },
    voice,
)  # fmt: skip


# Full level from the start, whatever the key.
HELD_OPERATOR = {
    "coarse": 1.5, "fine": 0, "detune": 0, "fixed": 0.5, "velocity": 0, "tremolo": 0, "left_depth": 0, "right_depth": 0,
    **dict.fromkeys(("rate_1", "rate_2", "rate_3", "rate_4"), 99),
    **dict.fromkeys(("level_1", "level_2", "level_3"), 0),
}  # fmt: skip


# ---- FourOperatorFM: the second operator modulates the first, at 220 Hz ----


def ratio(v: float) -> dict[str, float]:
    carrier = next(c for c in (1, 2, 3, 4) if abs(v * c - round(v * c)) < 1e-6)
    return {
        "op_1.coarse": carrier + 0.5, "op_2.coarse": round(v * carrier) + 0.5,
        "keyboard.midi_f0": 57 - 12 * math.log2(carrier), "op_2.level": 20 * math.log10(1.5 / 4 / math.pi),
    }  # fmt: skip


FM_KEYS = Bench(
    synth := FourOperatorFM(**SETTINGS),
    matrix(synth)
    | {
        "keyboard.midi_f0": 57, "keyboard.duration": 4, "algorithm.choice": 4.5, "output.op_1": 0.8, "output.op_3": 0,
        "op_1.coarse": 1.5, "op_2.coarse": 1.5, "op_1.level": 0, "op_1.fine": 0, "op_2.fine": 0, "op_4.feedback": 0,
    },
    {
        "fm_index": Scale(
            lambda v: {"op_2.level": 20 * math.log10(v / 4 / math.pi)},
            lambda x: fm(x, 220, INDICES, np.ones(1))[0], (0.2, 12), 1.15, 1.1, True, absent={"op_2.level": -40},
        ),
        "fm_ratio": Scale(ratio, lambda x: fm(x, 220, np.array([1.5]), np.array(RATIOS))[1], RATIOS, near=0.01),
        "sine_share": Scale(
            lambda v: {
                "algorithm.choice": 7.5, "output.op_1": 0.8 * math.sqrt(v), "output.op_2": 0.8 * math.sqrt(1 - v),
                "output.op_4": 0, "op_2.coarse": 3.5, "op_2.level": 0,
            },
            lambda x: float(lines(steady(x), [220])[0] ** 2 / 2 / np.mean(steady(x) ** 2)), (0.55, 1), 0.05, 0.05,
        ),
    },
)  # fmt: skip

# ---- SixOperatorFM: the same in its first algorithm, and two carriers of its last ----

SIX_OPERATORS = Bench(
    synth := SixOperatorFM(**SETTINGS),
    {f"op_{i}.{knob}": value for i in range(1, 7) for knob, value in HELD_OPERATOR.items()}
    | {f"op_{i}.level": -95 for i in range(3, 7)}
    | {
        "keyboard.midi_f0": 57, "keyboard.transpose": 0, "keyboard.duration": 4, "keyboard.velocity": 100,
        "lfo.pitch_depth": 0, "lfo.level_depth": 0, "pitch.depth": 0, "algorithm.choice": 1.5, "algorithm.feedback": 0,
        "op_1.level": 0, "output.voice": 0.8,
    },
    {
        "fm_index": FM_KEYS.scales["fm_index"],
        "fm_ratio": FM_KEYS.scales["fm_ratio"],
        "sine_share": Scale(
            lambda v: {
                "algorithm.choice": 32.5, "op_2.coarse": 3.5,
                "op_1.level": 10 * math.log10(v), "op_2.level": 10 * math.log10(max(1 - v, 1e-9)),
            },
            FM_KEYS.scales["sine_share"].measure, (0.55, 1), 0.05, 0.05,
        ),
    },
)  # fmt: skip

# ---- ParametricSynth: its first sine at 220 Hz, its first square or saw at 440 Hz ----


def parametric(wanted: dict[str, float]) -> dict[str, float]:
    names = {"mixer.vco_2": "mixer.vco_3", "vco_2.shape": "vco_3.shape"}
    return {names.get(name, name): value for name, value in voice(wanted).items()}


PARAMETRIC = Bench(
    synth := ParametricSynth(**SETTINGS),
    matrix(synth, vco_1_amp="adsr_1", vco_3_amp="adsr_3", noise_amp="adsr_1")
    | {f"mixer.vco_{i}": 0.0 for i in (2, 4, 7, 8)}
    | {"keyboard_1.midi_f0": 57, "keyboard_3.midi_f0": 69, "keyboard_1.duration": 4, "keyboard_3.duration": 4}
    | {"noise": 1.0},
    wave_scales(0.09),
    parametric,
)

BENCHES = {
    "voice": VOICE, "voicefm": VOICEFM, "fouroperatorfm": FM_KEYS, "sixoperatorfm": SIX_OPERATORS,
    "parametric": PARAMETRIC,
}  # fmt: skip


@pytest.mark.parametrize(("name", "pair"), [(n, p) for n, bench in BENCHES.items() for p in bench.pairs], ids=str)
def test_a_rule_separates_two_sides_of_its_edge(name, pair):
    BENCHES[name].check(pair)


def test_a_chord_of_two_oscillators_has_no_pitch():
    """A fifth repeats after the period of the octave below its lower tone, which nobody plays."""
    patch = dict(VOICE.base) | {"noise": 0.0, "sine": 0.5, "square": 0.5, "vco_1.tuning": 7.0}
    fifth = dict(VOICE.finish(patch))
    alone = [fifth | {f"mixer.vco_{silent}": 0.0} for silent in (2, 1)]
    low, high, both = label(VOICE.synth, [alone[1], alone[0], fifth])
    assert [low.facts["pitch_hz"], high.facts["pitch_hz"]] == pytest.approx([440, 440 * 2 ** (7 / 12)])
    measured = measure(torch.tensor(both.sound)[None], SR).facts["pitch_hz"]
    assert measured.item() == pytest.approx(220, rel=0.01)
    assert math.isnan(both.facts["pitch_hz"])
