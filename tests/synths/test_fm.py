"""Frequency modulation against a cumulative sum in numpy, and the voices that use it."""

import numpy as np
import pytest
import torch

import synths
from synths.dsp import fm
from synths.dsp.clock import Clock
from synths.modules import FmVCO
from tests.synths.signals import column

RATE, HOP = 16000, 40


def clock(n_frames, dtype=torch.float64, hop=HOP):
    return Clock(RATE, hop, n_frames, torch.device("cpu"), dtype)


def modulators(n_rows, n_frames):
    """Sines of several speeds, with a swell."""
    time_s = np.arange(n_frames * HOP) / RATE
    hz = np.geomspace(3, 3000, n_rows)[:, None]
    return np.sin(2 * np.pi * hz * time_s + hz) * np.sin(np.pi * time_s / time_s[-1])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_phase_is_the_running_sum_of_frequency(dtype):
    hz, depth, rad = np.array([30, 440, 2000, 9000, 440]), np.array([0.5, -2, 96, 1, 0]), np.linspace(-3, 3, 5)
    audio = modulators(5, n_frames=400)
    frequency = np.clip(hz[:, None] * (1 + depth[:, None] * audio), 0, RATE / 2)
    assert (frequency == 0).any() and (frequency == RATE / 2).any()
    expected = rad[:, None] / (2 * np.pi) + (np.cumsum(frequency, axis=1) - frequency) / RATE

    modulator = torch.from_numpy(audio).to(dtype).unflatten(1, (400, HOP))
    turns = fm.modulated(column(*hz), column(*depth), modulator, column(*rad), clock(400, dtype))
    assert turns.shape == (5, 400, HOP) and turns.dtype == dtype and turns.abs().max() <= 0.5
    apart = turns.flatten(1).double() - torch.from_numpy(expected)
    # Single precision holds the modulator itself to 24 bits, and it is summed 16,000 times.
    assert (apart - apart.round()).abs().max() < (1e-9 if dtype == torch.float64 else 1e-3)


def test_frames_of_any_length_sound_the_same():
    audio = torch.from_numpy(modulators(3, n_frames=10))
    arguments = column(100, 1000, 4000), column(3, -1, 20)
    one, ten = (
        fm.modulated(*arguments, audio.unflatten(1, (n, -1)), column(0, 1, 2), clock(n, hop=400 // n)) for n in (1, 10)
    )
    torch.testing.assert_close(torch.cos(2 * torch.pi * one).flatten(1), torch.cos(2 * torch.pi * ten).flatten(1))


def test_spectrum_is_the_textbooks():
    """A sine of 100 Hz modulated by one of 10 Hz has sidebands 10 Hz apart, as high as Bessel functions."""
    special = pytest.importorskip("scipy.special")
    time_s = torch.arange(RATE).double() / RATE
    modulator = torch.cos(2 * torch.pi * 10 * time_s).view(1, -1, HOP)
    # Index of modulation: deviation / rate of the modulator = 0.2 * 100 / 10 = 2.
    knobs = {"tuning": column(0), "mod_depth": column(0.2), "initial_phase": column(0)}
    midi = 69 + 12 * np.log2(100 / 440)
    sound = FmVCO().forward(clock(RATE // HOP), column(midi), modulator, **knobs)
    height = torch.fft.rfft(sound.flatten()).abs() * 2 / RATE
    for k in range(-3, 4):
        assert height[100 + 10 * k].item() == pytest.approx(abs(special.jv(k, 2)), abs=1e-3)


def test_numbers_of_parameters_are_those_of_synthax():
    assert len(synths.VoiceFM().space) == 130
    assert len(synths.ParametricSynth().space) == 340
    assert len(synths.ParametricSynth(sine=2, square_saw=2, fm_sine=1, fm_square_saw=0).space) == 261


@pytest.mark.parametrize("counts", [(1, 0, 0, 0), (0, 0, 0, 1), (0, 2, 1, 0)])
def test_any_number_of_oscillators_sounds(counts):
    synth = synths.ParametricSynth(*counts, seconds=0.1)
    assert (synth.play(torch.arange(8)).abs().amax(dim=1) > 0).any()


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (2, -1, 0, 0)])
def test_impossible_numbers_of_oscillators_are_refused(counts):
    with pytest.raises(ValueError, match=f"one positive; got sine={counts[0]}, square_saw={counts[1]}"):
        synths.ParametricSynth(*counts)


def test_a_modulator_is_audible_through_its_carrier_only():
    synth = synths.ParametricSynth(0, 0, 2, 0, seconds=0.2)
    assert [name for name in synth.space.names if name.startswith("mixer")] == [
        "mixer.vco_3",
        "mixer.vco_4",
        "mixer.noise",
    ]
    theta = synth.sample(torch.arange(8))
    silent, still = theta.clone(), theta.clone()
    for name in ("mixer.vco_4", "mixer.noise"):
        silent[:, synth.space.column(name)] = still[:, synth.space.column(name)] = 0
    still[:, synth.space.column("vco_3.mod_depth")] = 0.5
    other = still.clone()
    other[:, synth.space.column("vco_1.tuning")] = 0.1
    assert torch.equal(synth.render(still), synth.render(other)), "without depth the modulator is inaudible"
    changed = silent.clone()
    changed[:, synth.space.column("vco_1.tuning")] = 0.1
    assert not torch.equal(synth.render(silent), synth.render(changed))
