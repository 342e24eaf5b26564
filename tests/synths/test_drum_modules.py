"""The parts of a drum machine against what their sources and parameters say."""

import numpy as np
import pytest
import torch
from scipy import signal

from synths.dsp.clock import Clock
from synths.modules.cymbal import Cymbal
from synths.modules.membrane import Membrane

RATE = 16000


def played(module, **knobs):
    """One second of a module, (n_samples,)."""
    clock = Clock(RATE, 160, 100, torch.device("cpu"), torch.float64)
    return module.forward(clock, **{name: torch.tensor([x]).double() for name, x in knobs.items()}).flatten().numpy()


def level(sound, hz):
    """Of the sine in a sound, against others."""
    time_s = np.arange(len(sound)) / RATE
    return abs(np.sum(sound * signal.windows.blackmanharris(len(sound)) * np.exp(-2j * np.pi * hz * time_s)))


def test_a_cymbal_falls_by_12_db_an_octave_below_its_cutoff():
    sound = played(Cymbal(), size=1.0, brightness=12000.0, decay=3.0)
    # The third harmonic of a square is a third as loud, and the filter passes nine times as much of it.
    assert level(sound, 3 * 205.3) / level(sound, 205.3) == pytest.approx(3, rel=0.02)


@pytest.mark.parametrize("ratio", [1.0, 1.593, 2.136])
def test_high_modes_of_a_drumhead_die_sooner(ratio):
    sound = played(Membrane(), frequency=100.0, bend=0.0, bend_time=0.1, decay=1.0, overtones=1.0)
    before, after = (level(sound[at : at + RATE // 4], 100 * ratio) for at in (0, RATE // 4))
    assert 20 * np.log10(after / before) / 0.25 == pytest.approx(-60 * ratio**0.5, rel=0.02)


def test_the_pitch_of_a_drumhead_falls():
    sound = played(Membrane(), frequency=200.0, bend=2.0, bend_time=0.3, decay=2.0, overtones=0.0)
    hz = np.diff(np.unwrap(np.angle(signal.hilbert(sound)))) * RATE / 2 / np.pi
    for time_s in (0.1, 0.3, 0.6):
        octaves = 2 * np.exp(-3 * time_s / 0.3)
        assert hz[round(time_s * RATE)] == pytest.approx(200 * 2**octaves, rel=0.02)
