"""Which facts of a struck bar a soft mallet hides, by the level of its second mode."""

import math

import numpy as np
import pytest

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
