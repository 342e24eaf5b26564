"""What an instrument checks when it is made, and how it divides time."""

import re
import time

import pytest
import torch

import synths
from synths.dsp import filters
from synths.dsp.clock import Clock, group_size, nearest_hop
from synths.instrument import Instrument
from synths.modules import ADSR, VCA, Keyboard, Noise


class Hiss(Instrument):
    """Noise under an envelope; what the patch returns is chosen by name."""

    def __init__(self, returned="audio", **kwargs):
        rack = {"keyboard": Keyboard(), "adsr": ADSR(), "noise": Noise(), "vca": VCA()}
        super().__init__(rack, **kwargs)
        self.returned = returned  # after the base is done, as ParametricSynth does

    def patch(self, rack, key):
        envelope = rack.adsr(rack.keyboard()[1])
        audio = rack.vca(rack.noise(key), envelope)
        return {"audio": audio, "control": envelope, "pair": (audio, audio), "flat": audio.flatten(1)}[self.returned]


def hiss(returned):
    """A class of its own: a patch is checked once a class."""
    return type("Hiss", (Hiss,), {})(returned)


@pytest.mark.parametrize(
    ("returned", "got"),
    [("control", "got a control signal"), ("pair", "got tuple"), ("flat", r"got Tensor of shape \(2, 200\)")],
)
def test_a_patch_that_returns_no_audio_is_refused_when_the_instrument_is_made(returned, got):
    with pytest.raises(ValueError, match=rf"Hiss.patch: expected audio \(batch, n_frames, hop\); {got}"):
        hiss(returned)
    assert hiss("audio").play(0).shape == (1, 176400)


def test_hops_of_common_rates():
    hops = {rate: Hiss(sample_rate=rate, seconds=0.1).hop for rate in (16000, 22050, 32000, 44100, 48000, 96000)}
    assert hops == {16000: 36, 22050: 50, 32000: 72, 44100: 100, 48000: 108, 96000: 217}


def test_a_hop_is_near_and_splits_well():
    for samples in range(1, 250):
        hop = nearest_hop(samples)
        assert abs(hop - samples) <= max(1, 0.03 * samples)
        assert group_size(hop) + hop / group_size(hop) <= 3.2 * hop**0.5
        best = min(n + hop / n for n in range(1, hop + 1) if hop % n == 0)
        assert group_size(hop) + hop / group_size(hop) == best


def test_filters_cost_about_the_same_at_any_rate():
    def seconds(rate):
        clock = Clock(rate, nearest_hop(rate / 441), 441, torch.device("cpu"), torch.float32)
        audio = torch.randn(2, clock.n_frames, clock.hop, generator=torch.Generator().manual_seed(0))
        cutoff_hz, q = torch.full((2, clock.n_frames + 1), 1000.0), torch.ones(2)
        filters.lowpass(audio, cutoff_hz, q, clock)
        took = []
        for _ in range(5):
            start = time.process_time()
            filters.lowpass(audio, cutoff_hz, q, clock)
            took.append(time.process_time() - start)
        return min(took)

    # With a hop of 109 the ratio was 5 and more.
    assert seconds(48000) < 3 * seconds(44100)


def test_repr_says_what_a_synth_makes():
    assert repr(synths.Voice(seconds=0.5)).splitlines()[1] == "  78 parameters, 0.5 s at 44100 Hz"
    assert repr(synths.Perlin(distribution="physical")) == (
        'Perlin(6 parameters, 80 mel bands x 208 frames, distribution="physical")'
    )


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e9])
def test_lengths_that_cannot_be_are_refused(seconds):
    with pytest.raises(ValueError, match=re.escape(f"fewer than 2^31; got 44100 Hz, {seconds:g} s")):
        synths.Voice(seconds=seconds)


def test_a_hop_of_billions_of_samples_is_found_at_once_and_refused():
    assert abs(nearest_hop(1e12 / 441) * 441 / 1e12 - 1) < 0.01
    expected = r"expected a sample_rate from 441 Hz, the control_rate, to 1,048,576 times that; got "
    for sample_rate in (10**12, 300):
        with pytest.raises(ValueError, match=f"{expected}{sample_rate} Hz"):
            synths.Voice(sample_rate=sample_rate, seconds=1000 / sample_rate)
