"""A rule on one fact separates sounds on either side of its edges, and so does an independent measure of the fact."""

import math

import librosa
import numpy as np
import pytest
import torch

from doppelganger.labels.measure.measurements import measure
from tests.labels.measures import MEASURES, SR
from tests.labels.pairs import MARGINS, RATIOS, RULES, name, pairs
from tests.labels.recipe_labels import independent_measure, label_recipes, mistakes
from tests.labels.sounds import KNOBS, Recipe

PAIRS = {name(pair): pair for rule in RULES if not rule.also for pair in pairs(rule)}

# Out of reach: the frequency of a line within the first bin and a half is unknown.
UNREACHED = {
    "octave 0 by pitch_hz: pitch_hz 15.8861",
    "pitch class C by pitch_hz: pitch_hz 15.8861",
    "pitch class C by pitch_hz: pitch_hz 16.8307",
    "pitch class C sharp by pitch_hz: pitch_hz 16.8307",
}


@pytest.fixture(scope="module")
def labelled():
    return label_recipes(recipe for pair in PAIRS.values() for recipe in (pair.inside, pair.outside))


@pytest.mark.parametrize("key", sorted(PAIRS.keys() - UNREACHED))
def test_a_rule_separates_two_sides_of_its_edge(labelled, key):
    assert not list(mistakes(PAIRS[key], labelled))


@pytest.mark.parametrize("key", sorted(UNREACHED))
def test_an_edge_without_a_pair_is_beyond_reach(labelled, key):
    assert math.isnan(labelled[PAIRS[key].inside].facts["pitch_hz"])


@pytest.mark.parametrize("fact", sorted({pair.within.fact for pair in PAIRS.values()}))
def test_a_fact_agrees_with_an_independent_measure(labelled, fact):
    some = [pair for key, pair in PAIRS.items() if pair.within.fact == fact and key not in UNREACHED]
    for pair in some[:: max(1, len(some) // 6)]:
        mine, theirs = labelled[pair.inside].facts[fact], independent_measure(fact, pair.inside)
        if fact in RATIOS:
            assert abs(math.log(mine / theirs)) < math.log(RATIOS[fact]), (mine, theirs)
        else:
            assert abs(mine - theirs) <= 1.2 * MARGINS.get(fact, 0), (mine, theirs)


@pytest.mark.parametrize("hz", [70, 147, 262, 523, 1047])
def test_pitch_of_rich_tones_agrees_with_pyin(hz):
    recipe = Recipe(hz=hz, overtones_db=0, seconds=1.0)
    assert label_recipes([recipe])[recipe].facts["pitch_hz"] == pytest.approx(
        independent_measure("pitch_hz", recipe), rel=0.012
    )


def test_overtones_do_not_hide_an_octave():
    # Periods of a few samples, not whole, with overtones as loud as the fundamental and louder.
    tones = [Recipe(hz=hz, overtones_db=db, seconds=1.0) for hz in (333, 702, 1272, 1831, 2467) for db in (0, 6)]
    # Above a sixth of the sample rate, with one overtone, as loud as that of a saw.
    tones += [Recipe(hz=hz, overtones_db=-6, seconds=1.0) for hz in (2909, 3029, 3284, 3561)]
    labels = label_recipes(tones)
    np.testing.assert_allclose(
        [labels[tone].facts["pitch_hz"] for tone in tones], [tone.hz for tone in tones], rtol=0.01
    )


@pytest.mark.parametrize("glide", [-7, -2, 2, 7])
def test_glides_of_rich_tones_agree_with_pyin(glide):
    recipe = Recipe(hz=220, overtones_db=-3, glide=glide, seconds=1.5)
    hz, voiced, _ = librosa.pyin(recipe.render(), sr=SR, fmin=100, fmax=500, frame_length=1024)
    # Half a window is missing at either end.
    inner = np.flatnonzero(voiced)[2:-2]
    rate = np.polyfit(inner * 256 / SR, 12 * np.log2(hz[inner]), 1)[0]
    facts = label_recipes([recipe])[recipe].facts
    assert facts["glide_rate"] == pytest.approx(rate, abs=0.3)
    assert facts["glide"] == pytest.approx(rate * recipe.length, abs=0.35)


def test_a_low_tone_under_noise_keeps_its_pitch():
    """Noise makes small peaks on the slope of the first period: they are not the pitch."""
    recipe = Recipe(hz=80, noise=0.2)
    assert label_recipes([recipe])[recipe].facts["pitch_hz"] == pytest.approx(80, rel=0.012)


@pytest.mark.parametrize("sample_rate", [16000, 44100])
@pytest.mark.parametrize("slow_hz", [0, 3, 8])
def test_a_wave_too_slow_to_hear_has_no_pitch_and_hides_none(slow_hz, sample_rate):
    time_s = np.arange(sample_rate) / sample_rate
    slow = 0.5 * np.cos(2 * np.pi * slow_hz * time_s)
    noise = 0.01 * np.random.default_rng(0).standard_normal(sample_rate)
    sounds = np.stack([slow + noise, slow + noise + 0.4 * np.sin(2 * np.pi * 220 * time_s)])
    alone, with_tone = measure(torch.from_numpy(sounds).float(), sample_rate).facts["pitch_hz"].tolist()
    assert math.isnan(alone)
    assert with_tone == pytest.approx(220, rel=0.01)


@pytest.mark.parametrize("sample_rate", [16000, 44100])
@pytest.mark.parametrize("rate_hz", [4, 10])
def test_the_depth_of_a_wave_does_not_depend_on_its_rate_or_on_the_sample_rate(rate_hz, sample_rate):
    """Windows of 64 ms and more flatten a fast vibrato, and means of 24 ms a fast tremolo."""
    wave = np.sin(2 * np.pi * rate_hz * np.arange(2 * sample_rate) / sample_rate)
    phase = 2 * np.pi * 440 * np.cumsum(2 ** (np.stack([1.5 * wave, 0 * wave]) / 12), axis=1) / sample_rate
    sounds = 0.3 * np.sin(phase) * np.stack([1 + 0 * wave, 1 + 0.6 * wave])
    facts = measure(torch.from_numpy(sounds).float(), sample_rate).facts
    assert float(facts["vibrato"][0]) == pytest.approx(1.5, rel=0.03)
    assert float(facts["tremolo"][1]) == pytest.approx(0.6, abs=0.035)


def saw(hz, sample_rate):
    time_s = np.arange(sample_rate) / sample_rate
    return torch.from_numpy(sum(0.2 / k * np.sin(2 * np.pi * hz * k * time_s) for k in range(1, 20))[None]).float()


@pytest.mark.parametrize("sample_rate", [8000, 11025, 16000, 22050, 32000, 44100, 48000])
def test_a_low_tone_is_told_at_every_sample_rate(sample_rate):
    facts = measure(saw(55, sample_rate), sample_rate).facts
    assert float(facts["pitch_hz"]) == pytest.approx(55, rel=0.01)
    assert float(facts["harmonicity"]) > 0.9 and float(facts["inharmonicity"]) == 0


@pytest.mark.parametrize("hz", [27, 35, 44])
def test_a_tone_whose_period_is_too_long_to_be_found_is_not_called_inharmonic(hz):
    facts = measure(saw(hz, SR), SR).facts
    assert float(facts["harmonicity"]) < 0.1 < float(facts["tonal_share"])
    assert math.isnan(float(facts["inharmonicity"]))


def test_every_edge_has_a_pair():
    edges = [edge for rule in RULES if not rule.also for edge in (rule.low, rule.high) if math.isfinite(edge)]
    assert len(PAIRS) == len(edges)


def test_every_fact_has_a_sound_and_a_measure():
    facts = {within.fact for rule in RULES for within in rule.ranges}
    assert facts <= KNOBS.keys(), "add a setter of the fact to KNOBS in tests/labels/sounds.py"
    assert facts <= MEASURES.keys(), "add an independent measure to MEASURES in tests/labels/measures.py"
