"""Every preset sounds like its name: its claims, measured on several of its sounds."""

from collections import Counter

import numpy as np
import pytest
import torch

import synths
from synths import presets
from synths.presets import measure

RATE, SECONDS, N = 16000, 1.5, 6
ALL = [(synth, name) for synth in synths.catalogue() for name in presets.names(synth)]


@pytest.mark.parametrize(("synth", "name"), ALL)
def test_a_preset_sounds_as_it_claims(synth, name):
    preset = presets.preset(synth, name)
    assert preset.about and preset.claims
    made = synths.find(synth)(sample_rate=RATE, seconds=SECONDS, ranges=preset.parameters)
    sounds = made.play(torch.arange(N)).double().numpy()
    for claim, (low, high) in preset.claims.items():
        measured = np.array([measure.MEASURES[claim](sound, RATE) for sound in sounds])
        assert ((low <= measured) & (measured <= high)).mean() >= 5 / N, (claim, measured.round(4).tolist())


def test_claims_tell_presets_from_random_sounds():
    """A claim that any sound fulfils says nothing: few random sounds of a synth fulfil all claims of a preset."""
    fulfilled = Counter()
    for synth in ("subtractive", "drum", "sixoperatorfm"):
        sounds = synths.find(synth)(sample_rate=RATE, seconds=SECONDS).play(torch.arange(16)).double().numpy()
        for name in presets.names(synth):
            claims = presets.preset(synth, name).claims.items()
            fulfilled[synth, name] = sum(
                all(low <= measure.MEASURES[claim](sound, RATE) <= high for claim, (low, high) in claims)
                for sound in sounds
            )
    assert np.mean(list(fulfilled.values())) < 16 * 0.3, fulfilled


def tone(*partials, seconds=1.0, decay=0.0, noise=0.0):
    time = np.arange(round(seconds * RATE)) / RATE
    sound = sum(a * np.sin(2 * np.pi * hz * time) for hz, a in partials) * np.exp(-decay * time)
    return sound + noise * np.random.default_rng(0).standard_normal(len(time))


def test_measures_are_right_on_sounds_that_are_known():
    time = np.arange(RATE) / RATE
    assert measure.centroid_hz(tone((1000, 1), (3000, 1)), RATE) == pytest.approx(2000, rel=0.01)
    assert measure.attack_s(tone((500, 1)) * np.minimum(time / 0.5, 1), RATE) == pytest.approx(0.4, abs=0.02)
    assert measure.decay_s(tone((500, 1), decay=np.log(10) / 0.3), RATE) == pytest.approx(0.3, abs=0.02)
    assert measure.steady_db(tone((500, 1)), RATE) < 0.1
    assert measure.flatness(tone((500, 1)), RATE) < 1e-4 < 0.4 < measure.flatness(tone((500, 0), noise=1), RATE)
    assert measure.odd_share(tone((200, 1), (600, 0.5), (1000, 0.3)), RATE) > 0.99
    assert measure.odd_share(tone((200, 1), (400, 1), (600, 0.5)), RATE) < 0.6
    assert measure.inharmonicity(tone((200, 1), (552, 0.5)), RATE) == pytest.approx(0.24, abs=0.01)
    assert measure.inharmonicity(tone((200, 1), (600, 0.5)), RATE) < 0.02
    assert measure.harmonicity(tone((200, 1), (400, 1), (600, 1)), RATE) > 0.99 > 0.8
    assert measure.harmonicity(tone((500, 0), noise=1), RATE) < 0.7
    assert measure.overtones(tone((200, 1), (600, 1.0 - 1e-3)), RATE) == pytest.approx(0.5, abs=0.01)
    glide = np.sin(2 * np.pi * np.cumsum(np.where(time < 0.06, 400, 100)) / RATE)
    assert measure.pitch_falls(glide, RATE) == pytest.approx(4, rel=0.05)
    rise = np.sin(2 * np.pi * np.cumsum(np.where(time < 0.4, 200, 300)) / RATE)
    assert measure.pitch_rises(rise, RATE) == pytest.approx(1.5, rel=0.05)
    vibrato = np.sin(2 * np.pi * 500 * time + 30 * np.sin(2 * np.pi * 3 * time))
    assert measure.wobbles(vibrato, RATE) > 1 > 0.1 > measure.wobbles(tone((500, 1)), RATE)
    assert measure.moves_db(tone((500, 1)) * (1 + 0.5 * np.sin(2 * np.pi * 5 * time)), RATE) > 2
    assert measure.darkens(tone((300, 1)) + tone((3000, 1), decay=20), RATE) > 2
    assert measure.brightens(tone((300, 1)) + tone((3000, 1)) * time, RATE) > 1.3
    assert measure.low_share(tone((100, 1), (1000, 1)), RATE) == pytest.approx(0.5, abs=0.01)
    assert measure.high_share(tone((100, 1), (4000, 1)), RATE) == pytest.approx(0.5, abs=0.01)
    assert measure.middle_share(tone((100, 1), (1000, 1)), RATE) == pytest.approx(0.5, abs=0.01)
