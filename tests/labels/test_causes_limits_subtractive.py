"""Facts of a subtractive synth: the power of its waves, and limits with a row on either side."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.labels.causes_facts import NAN, check, facts_of
from tests.labels.test_causes_filters import SUBTRACTIVE, midi

KEY_HZ = 440.0
TIME = (np.arange(100_000) + 0.5) / 100_000  # of a period


def saw(turns: np.ndarray) -> np.ndarray:
    return 2 * (turns % 1) - 1


def pulse(width: float) -> np.ndarray:
    wave = np.where(width > TIME, 1.0, -1.0)
    return wave - wave.mean()


# ---- Shares of the power ----


@pytest.mark.parametrize("spread", [0.0, 0.2, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("detune", [0.0, 0.2])
def test_three_copies_of_a_saw_add_up(spread, detune):
    """Copies at phases 0, spread / 2 and spread, by adding them; out of tune they add up as independent waves."""
    copies = sum(saw(TIME + lag) for lag in (0, spread / 2, spread)) / 3
    power = np.mean(copies**2) / np.mean(saw(TIME) ** 2) if detune < 0.03 else 1 / 3
    found = facts_of(SUBTRACTIVE, {"noise": 0, "saw": 0.5, "sine": 0.5, "vco.spread": spread, "vco.detune": detune})
    assert found["saw_share"] == pytest.approx(power / (1 + power), abs=0.002)
    assert found["sine_share"] == pytest.approx(1 / (1 + power), abs=0.002)


@pytest.mark.parametrize("detune", [0.02, 0.04])
def test_copies_are_out_of_tune_from_3_cents(detune):
    found = facts_of(SUBTRACTIVE, {"noise": 0, "saw": 0.5, "sine": 0.5, "vco.detune": detune})
    assert found["saw_share"] == pytest.approx(0.5 if detune < 0.03 else 0.25, abs=0.002)


@pytest.mark.parametrize(("width", "is_square"), [(0.5, 1), (0.42, 1), (0.58, 1), (0.38, 0), (0.62, 0), (0.1, 0)])
def test_the_power_of_a_pulse_depends_on_its_width_and_a_narrow_one_is_no_square(width, is_square):
    found = facts_of(SUBTRACTIVE, {"noise": 0, "square": 0.5, "sine": 0.5, "vco.width": width})
    power = np.mean(pulse(width) ** 2)
    assert found["sine_share"] == pytest.approx(1 / (1 + power), abs=0.002)
    assert found["square_share"] == pytest.approx(is_square * power / (1 + power), abs=0.002)
    assert found["saw_share"] == pytest.approx(0, abs=1e-6)


def test_all_waves_share_the_power_with_noise():
    mix = {"noise": 0.4, "sine": 0.35, "saw": 0.25}
    found = facts_of(SUBTRACTIVE, mix)
    assert [found[f"{wave}_share"] for wave in ("sine", "saw", "square")] == pytest.approx([0.35, 0.25, 0], abs=0.002)


# ---- Filters ----


def filtered(mode: float, cutoff_hz: float, bright: float, **changes: float) -> dict[str, float]:
    """A saw of 440 Hz through a filter, as bright as a share of the cutoff."""
    patch = {"saw": 1, "vcf.mode": mode, "vcf.cutoff": midi(cutoff_hz), "brightness_hz": bright * cutoff_hz}
    return patch | {name.replace("__", "."): value for name, value in changes.items()}


def through(mode: float) -> list:
    """A filter is audible of waves with overtones or of noise, below three tenths of the rate of 16 kHz."""
    patch = RAW | {"mixer.sub": 1.0, "vcf.mode": mode, "vcf.cutoff": midi(1000), "brightness_hz": 1000.0}
    levels = [("vco", 0.25, 1000), ("vco", 0.2, NAN), ("noise", 0.3, 1000), ("noise", 0.25, NAN)]
    return [
        (filtered(mode, 4700, 1), 4700), (filtered(mode, 4900, 1), NAN),
        *((patch | {f"mixer.{name}": level}, expected) for name, level, expected in levels),
    ]  # fmt: skip


# Levels of the mixer themselves, in place of shares of the power.
LEVELS = replace(SUBTRACTIVE, base={name: v for name, v in SUBTRACTIVE.base.items() if "." in name}, finish=dict)
RAW = {"mixer.vco": 0.0, "mixer.sub": 0.0, "mixer.noise": 0.0}
MOVED = {
    **{f"mod_matrix.{cable}": 0 for cable in ("mod_adsr->vco_pitch", "lfo->vco_pitch", "lfo->vcf_cutoff")},
    **{"mod_adsr.attack": 0, "mod_adsr.sustain": 1, "mod_matrix.mod_adsr->vcf_cutoff": 1, "vcf.mod_depth": 12},
}
BOTH = {"saw": 0.5, "sine": 0.5}
BASS = 440 / 2  # the sub-oscillator is an octave lower
ROWS = {
    "source": [({"saw": 1}, 0)],
    "lowpass_hz": [
        *((filtered(mode, 1000, 1), 1000 if mode < 0.4 else NAN) for mode in (0, 0.35, 0.45, 1, 2)),
        *((filtered(0, 1000, bright), 1000 if bright < 2 else NAN) for bright in (0.1, 1.9, 2.1)),
        # The key moves the cutoff as far as it is from C4; an envelope by mod_depth.
        (filtered(0, 1000, 1, vcf__key_follow=1), 1000 * 2 ** (9 / 12)),
        (filtered(0, 1000, 1, vcf__key_follow=0.5) | {"keyboard.midi_f0": 48}, 1000 / 2**0.5),
        (filtered(0, 1000, 1) | MOVED, 2000),
        (filtered(0, 1000, 0.3) | MOVED | {"vcf.mod_depth": -24}, 250),
    ],
    "bandpass_hz": [
        *((filtered(mode, 1000, 1), 1000 if 0.7 < mode < 1.3 else NAN) for mode in (0, 0.65, 0.75, 1.25, 1.35, 2)),
        *((filtered(1, 1000, bright), 1000 if 0.25 < bright < 4 else NAN) for bright in (0.24, 0.27, 3.8, 4.2)),
    ],
    "highpass_hz": [
        *((filtered(mode, 1000, 1), 1000 if mode > 1.6 else NAN) for mode in (0, 1, 1.55, 1.65, 2)),
        *((filtered(2, 1000, bright), 1000 if bright > 0.5 else NAN) for bright in (0.4, 0.45, 0.55, 4)),
        # Of the sub-oscillator, the lower of the two.
        *((filtered(2, times * BASS, 1) | {"sub.tuning": 0}, times * BASS if times > 1.5 else NAN)
          for times in (1.4, 1.6)),
        (filtered(2, 1.6 * BASS, 1, sub__tuning=12), NAN),
    ],
    "resonance": [
        *((filtered(mode, 1000, 1, vcf__resonance=5), 5) for mode in (0, 1, 2)),
        *((filtered(mode, 1000, 1, vcf__resonance=5), NAN) for mode in (0.5, 1.5)),
        (filtered(0, 1.1 * BASS, 1, vcf__resonance=5), 5), (filtered(0, 0.9 * BASS, 1, vcf__resonance=5), NAN),
    ],
    # ---- Effects ----
    "chorus": [
        ({"saw": 1, "chorus.mix": mix, "chorus.depth": depth}, expected)
        for mix, depth, expected in (
            (0.16, 3e-3, 0.16), (0.14, 3e-3, NAN), (0.9, 4e-4, 0.9), (0.9, 2e-4, NAN), (1, 5e-3, 1),
        )
    ],
    "drive_db": [
        (RAW | {"mixer.vco": vco, "mixer.sub": sub, "mixer.noise": noise, "distortion.drive": gain}, expected)
        for vco, sub, noise, gain, expected in (
            (0.5, 0.3, 0.2, 7, 7), (0.5, 0.3, 0.2, 5.5, NAN), (0, 0.5, 0, 13, 13 - 6.0206), (0, 0, 0.1, 30, 10),
        )
    ],
    "detune": [
        *(({"saw": 1, "vco.detune": semitones}, semitones if semitones > 0.03 else NAN)
          for semitones in (0.02, 0.04, 1)),
        *(({"saw": 1, "vco.detune": 0.5, "noise_share": share}, 0.5 if share < 0.5 else NAN) for share in (0.45, 0.55)),
        *((RAW | {"mixer.vco": vco, "mixer.sub": 0.5, "vco.detune": 0.5}, 0.5 if vco > 0.5 else NAN)
          for vco in (0.45, 0.55)),
    ],
    # ---- Pitch ----
    "pitch_hz": [
        # A period that is no oscillator's is no pitch.
        *((BOTH | {"pitch_hz": found}, hz)
          for found, hz in ((450, 440), (216, 220), (300, NAN), (110, NAN), (880, NAN))),
        ({"saw": 1, "pitch_hz": 216}, NAN),
        (BOTH | {"vco.tuning": 5, "pitch_hz": 600}, 440 * 2 ** (5 / 12)),
        (BOTH | {"sub.tuning": 7, "pitch_hz": 333}, 220 * 2 ** (7 / 12)),
        (MOVED | BOTH | {"mod_matrix.mod_adsr->vco_pitch": 1, "sub.mod_depth": 7, "pitch_hz": 333},
         220 * 2 ** (7 / 12)),
        (MOVED | {"saw": 1, "mod_matrix.mod_adsr->vco_pitch": 1, "vco.mod_depth": 7, "pitch_hz": 670},
         440 * 2 ** (7 / 12)),
    ],
    **{
        fact: [({"saw": 1, "pitch_hz": 440, "lfo.frequency": 6, fact: rate}, expected)
               for rate, expected in ((5.4, 6), (6.6, 6), (5, 5), (7.2, 7.2))]
        for fact in ("vibrato_hz", "tremolo_hz")
    },
    "glide": [(BOTH | {"pitch_hz": hz, "glide": 2}, 2 if hz == 220 else NAN) for hz in (220, 300)],
}  # fmt: skip
for name, mode in (("lowpass_hz", 0), ("bandpass_hz", 1), ("highpass_hz", 2)):
    ROWS[name] += through(mode)


@pytest.mark.parametrize("fact", ROWS)
def test_a_fact_is_given_on_one_side_of_its_limits_alone(fact):
    raw = [row for row in ROWS[fact] if "mixer.vco" in row[0]]
    check(LEVELS, fact, raw, rel=2e-3)
    check(SUBTRACTIVE, fact, [row for row in ROWS[fact] if row not in raw], rel=2e-3)


def test_a_short_note_is_as_bright_as_the_filter_while_it_sounds():
    """The cutoff is the mean over the note, weighted by its envelope: an envelope that begins late moves nothing."""
    late = {"mod_adsr.attack": 2, "amp_adsr.sustain": 0, "amp_adsr.decay": 0.05, "amp_adsr.attack": 0}
    found = facts_of(SUBTRACTIVE, filtered(0, 1000, 1) | MOVED | late)["lowpass_hz"]
    assert 1000 <= found < 1000 * 2 ** (1 / 12) and not math.isnan(found)
