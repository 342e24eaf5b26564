"""Which facts of a struck bar a soft mallet hides, by the level of its second mode."""

import math

import numpy as np
import pytest
import torch

from doppelganger.labels.labeller import Labeller
from synths.voices.modal import Modal
from tests.labels.causes_measures import SR, lines
from tests.labels.causes_patches import label
from tests.labels.test_causes_bodies import MODAL

# Least level of the second mode against the first, in dB, at which a fact is audible, and how sharp that limit is.
LEAST_DB = {"material": (-11, 1.3), "body": (-25, 4)}


@pytest.mark.parametrize("key", [60, 72])
def test_a_soft_mallet_hides_the_material_of_a_bar_and_then_the_bar(key):
    f0_hz = 440 * 2 ** ((key - 69) / 12)
    contacts_s = np.linspace(1e-4, 2e-3, 20)
    patches = [MODAL.base | {"keyboard.midi_f0": key, "body.contact": contact} for contact in contacts_s]
    n_compared = dict.fromkeys(LEAST_DB, 0)
    for patch in label(MODAL.synth, patches):
        first, second = lines(patch.sound[: SR // 4], [f0_hz, 2.756 * f0_hz])
        second_db = 20 * math.log10(second / first)
        for fact, (least_db, margin_db) in LEAST_DB.items():
            if abs(second_db - least_db) > margin_db:
                assert math.isnan(patch.facts[fact]) == (second_db < least_db), f"{fact} at {second_db:.1f} dB"
                n_compared[fact] += 1
    assert min(n_compared.values()) > 15


def test_the_pitch_of_a_body_is_that_of_one_of_its_lines():
    """By the spectrum; warble splits a line in two, up to 8 Hz apart."""
    synth, index = Modal(sample_rate=SR, seconds=1.0), torch.arange(100)
    theta, sound = synth.sample(index), synth.play(index)
    labeller = Labeller(synth)
    pitch_hz = labeller(index, theta, sound).facts[:, [f.name for f in labeller.facts].index("pitch_hz")].numpy()
    power = np.abs(np.fft.rfft(sound.numpy() * np.hanning(SR), 1 << 16)) ** 2
    hz = np.fft.rfftfreq(1 << 16, 1 / SR)
    there = np.flatnonzero(np.isfinite(pitch_hz))
    assert len(there) > 60
    near = [np.abs(hz - pitch_hz[i]) < 5 + 0.01 * pitch_hz[i] for i in there]
    on_line = [power[i][some].max() > 0.05 * power[i].max() for i, some in zip(there, near, strict=True)]
    assert np.mean(on_line) > 0.95
