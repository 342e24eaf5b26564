"""The filters against scipy.signal where they stand still, and against a loop from the book where they move."""

import numpy as np
import pytest
import torch
from scipy import signal

from synths.dsp import filters
from synths.modules import VCF
from tests.synths.signals import RATE, clock, column, hiss
from tests.synths.state_variable_filter import loop

OUTPUTS = {"lowpass": (1, 0, 0), "bandpass": (0, 1, 0), "highpass": (0, 0, 1)}
CUTOFF_HZ, Q = np.array([30.0, 440.0, 5000.0, 19000.0]), np.array([0.5, 20.0, 0.71, 3.0])


def steady(hz, time):
    return torch.as_tensor(hz, dtype=torch.float64)[..., None].expand(*np.shape(hz), time.n_frames + 1)


def textbook(audio, hz, q, low, band, high):
    """The analogue filter through the bilinear transform, its cutoff where it belongs."""
    w = 2 * RATE * np.tan(np.pi * hz / RATE)
    b, a = signal.bilinear([high / w**2, band / (q * w), low], [1 / w**2, 1 / (q * w), 1], RATE)
    return signal.lfilter(b, a, audio)


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-9), (torch.float32, 1e-4)])
@pytest.mark.parametrize("name", OUTPUTS)
def test_a_steady_filter_is_the_textbooks(name, dtype, tolerance):
    time, audio = clock(dtype=dtype), hiss(4, 20, 100)
    ours = getattr(filters, name)(audio.to(dtype), steady(CUTOFF_HZ, time), column(*Q), time)
    rows = zip(audio.flatten(1).numpy(), CUTOFF_HZ, Q, strict=True)
    expected = np.stack([textbook(*row, *OUTPUTS[name]) for row in rows])
    assert ours.shape == (4, 20, 100) and ours.dtype == dtype
    np.testing.assert_allclose(ours.flatten(1), expected, rtol=0, atol=tolerance)


def test_outputs_mix_row_by_row():
    low, band, high = hiss(3, 4, seed=1)
    audio = hiss(4, 20, 100)
    cutoff_hz = steady(CUTOFF_HZ, clock())
    ours = filters.state_variable(audio, cutoff_hz, column(*Q), clock(), low=low, band=band, high=high)
    rows = zip(audio.flatten(1).numpy(), CUTOFF_HZ, Q, low.numpy(), band.numpy(), high.numpy(), strict=True)
    np.testing.assert_allclose(ours.flatten(1), np.stack([textbook(*row) for row in rows]), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "n_frames, hop", [(1, 100), (2, 97), (13, 37), (60, 1), (7, 2), (1, 1), (5, 441)], ids=lambda n: str(n)
)
def test_a_sweep_is_the_recursion_of_the_book(n_frames, hop):
    time, audio = clock(n_frames, hop), hiss(2, n_frames, hop)
    cutoff_hz = 440 * torch.exp2(4 * hiss(2, n_frames + 1, seed=1))  # leaps of up to eight octaves a frame
    q, (low, band, high) = column(15, 0.6), hiss(3, 2, seed=2)
    ours = filters.state_variable(audio, cutoff_hz, q, time, low=low, band=band, high=high)
    assert ours.shape == audio.shape
    middle_hz = (cutoff_hz[:, 1:] * cutoff_hz[:, :-1]).sqrt().numpy().repeat(hop, axis=1)
    for row in range(2):
        gains = (low[row].item(), band[row].item(), high[row].item())
        expected = loop(audio[row].flatten().numpy(), middle_hz[row], q[row].item(), *gains, RATE)
        np.testing.assert_allclose(ours[row].flatten(), expected, rtol=0, atol=1e-9)


def test_resonators_are_a_sum_of_bandpasses():
    audio, gain = hiss(2, 20, 100), hiss(2, 4, seed=1)
    centre_hz = np.stack([CUTOFF_HZ, CUTOFF_HZ[::-1] / 2])
    q = torch.stack([column(*Q), column(5, 50, 1, 200)])
    ours = filters.resonators(audio, steady(centre_hz, clock()), q, gain, clock()).flatten(1)
    for row in range(2):
        modes = zip(centre_hz[row], q[row].tolist(), gain[row].tolist(), strict=True)
        expected = np.sum([textbook(audio[row].flatten().numpy(), hz, q_, 0, g, 0) for hz, q_, g in modes], axis=0)
        np.testing.assert_allclose(ours[row], expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("hz, q", [(20, 20), (15000, 0.5)])
@pytest.mark.parametrize("name", OUTPUTS)
def test_single_precision_is_enough(name, hz, q):
    audio = hiss(1, 441, 100)
    double, single = (
        getattr(filters, name)(audio.to(time.dtype), steady([hz], time), column(q), time)
        for time in (clock(441), clock(441, dtype=torch.float32))
    )
    torch.testing.assert_close(single.double(), double, rtol=0, atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("hz", [0.0, -1.0, 22050.0, 1e6])
def test_impossible_cutoffs_do_no_harm(hz, dtype):
    time = clock(dtype=dtype)
    audio = hiss(1, 20, 100).to(dtype).requires_grad_()
    cutoff_hz, q = steady([hz], time).clone().requires_grad_(), column(20).requires_grad_()
    for output in (filters.lowpass, filters.bandpass, filters.highpass):
        sound = output(audio, cutoff_hz, q, time)
        assert sound.isfinite().all() and sound.abs().max() < 50
        gradients = torch.autograd.grad(sound.sum(), (audio, cutoff_hz, q))
        assert all(g.isfinite().all() for g in gradients)


@pytest.mark.parametrize("mode, gains", [(0, (1, 0, 0)), (0.5, (0.5, 0.5, 0)), (1, (0, 1, 0)), (2, (0, 0, 1))])
def test_vcf_turns_from_lowpass_to_highpass_and_follows_key_and_modulation(mode, gains):
    audio = hiss(1, 20, 100)
    knobs = {"cutoff": 69, "resonance": 4, "mode": mode, "key_follow": 0.5, "mod_depth": 24}
    modulation = torch.full((1, 21), 0.25, dtype=torch.float64)
    # Half of an octave above middle C, and a quarter of two octaves: a whole octave above 440 Hz.
    ours = VCF().forward(clock(), audio, column(72), modulation, **{k: column(v) for k, v in knobs.items()})
    np.testing.assert_allclose(ours.flatten(), textbook(audio.flatten().numpy(), 880, 4, *gains), rtol=0, atol=1e-9)
