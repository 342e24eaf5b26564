"""Our Voice against the one it descends from, for the same theta."""

import sys

import pytest
import torch
import torchaudio
from torch import nn

import synths
from synths.dsp import noise
from synths.dsp.clock import Clock
from synths.import_torchsynth import import_torchsynth

pytest.importorskip("torchsynth", reason="torchsynth is not installed")

RATE, HOP = 44100, 100


def their_voice(theta, dtype=torch.float32, **config):
    """torchsynth's Voice with its knobs set to theta."""
    config = import_torchsynth().config.SynthConfig(len(theta), RATE, reproducible=False, **config)
    if dtype == torch.float64:
        config.control_buffer_size += 1  # a value for the end of the last frame, as our control signals have
    voice = import_torchsynth().synth.Voice(config).to(dtype=dtype)
    for name, column in zip(synths.Voice().space.names, theta.T, strict=True):
        slot, knob = name.split(".")
        getattr(voice, slot).set_parameter_0to1(knob, column.to(dtype))
    return voice


def play(voice):
    with torch.no_grad():
        return voice.output().as_subclass(torch.Tensor)


def trapezoids(rate):
    """What a running sum turns into the integral of `rate`, from 0, by the trapezoid rule."""
    return nn.functional.pad((rate[:, 1:] + rate[:, :-1]) / 2, (1, 0))


def without_limits(voice, key):
    """Their Voice with a finer hand: the integral of frequency for a running sum, our time grid, our noise.

    Returns the voice and a list that tells, once it has played, which sounds run into an end of the
    pitch range on the way. They hold a pitch there sample by sample, we at frame boundaries.
    """
    runs_into_end = []

    def argument_of(vco, hz):
        at_end = (hz < 8.18) | (hz > 12543)  # MIDI 0 and 127 are 8.176 and 12543.85 Hz
        runs_into_end.append(at_end.any(dim=1) & ~at_end.all(dim=1))
        return type(vco).make_argument(vco, trapezoids(hz))

    for vco in (voice.vco_1, voice.vco_2):
        vco.make_argument = lambda hz, vco=vco: argument_of(vco, hz)
    for lfo in (voice.lfo_1, voice.lfo_2):
        lfo.make_control = lambda mod, lfo=lfo: trapezoids(type(lfo).make_control(lfo, mod))
    n = int(voice.buffer_size)
    # From the first boundary to the last; their forward cuts the one sample too many.
    voice.control_upsample.upsample = nn.Upsample(n + 1, mode="linear", align_corners=True)
    clock = Clock(RATE, HOP, n // HOP, key.device, torch.float64)
    voice.noise.noise = noise.white(key, clock).flatten(1)
    return voice, runs_into_end


def test_same_sound_sample_by_sample():
    ours = synths.Voice(seconds=1.0)
    index = torch.arange(64)
    theta, key = ours.sample(index), ours.noise_key(index)
    # Their eps keeps logarithms finite, and lifts the start of a steep envelope by eps ** 0.1.
    theirs = their_voice(theta, torch.float64, buffer_size_seconds=1.0, eps=1e-300)
    theirs, runs_into_end = without_limits(theirs, key)

    expected = play(theirs)
    free = ~torch.stack(runs_into_end).any(dim=0)
    double, single = ours.render(theta.double(), key), ours.render(theta, key).double()
    error = (double - expected).norm(dim=1) / expected.norm(dim=1)
    cosine = nn.functional.cosine_similarity(double, expected)

    # Measured: 56 free sounds, worst error 2.8e-4. It is what their trapezoids miss of a steep glide.
    assert free.sum() > 50
    assert error[free].max() < 1e-3
    # Measured: of the other eight four agree as well, and four leave in another phase than they came.
    assert (cosine > 0.999).double().mean() > 0.9
    assert (single - double).abs().max() < 1e-3


def test_same_sound_to_the_ear():
    """Untouched, they sum where we integrate and stretch control signals a little; both are hardly audible."""
    ours = synths.Voice(seconds=2.0)
    index = torch.arange(64)
    theta = ours.sample(index)
    mel = torchaudio.transforms.MelSpectrogram(RATE, n_fft=2048, hop_length=512, n_mels=128)
    sounds = ours.render(theta, ours.noise_key(index)), play(their_voice(theta, buffer_size_seconds=2.0))
    ours_db, theirs_db = (10 * (mel(sound) + 1e-3).log10().flatten(1) for sound in sounds)
    distance_db = torch.cdist(ours_db, theirs_db, p=1) / ours_db.shape[1]
    # Measured: median 0.28 dB, worst 2.8 dB; two different sounds are 19 dB apart.
    assert distance_db.diag().median() < 0.5
    assert distance_db.diag().max() < 5
    assert (distance_db.argmin(dim=1) == index).all(), "each of our sounds is nearest to its own among theirs"


def test_knobs_are_those_of_torchsynth():
    ours = synths.Voice()
    theta = ours.sample(torch.arange(32))
    theirs = their_voice(theta)
    knobs = {f"{slot}.{knob}": parameter for (slot, knob), parameter in theirs.get_parameters().items()}
    assert set(knobs) == set(ours.space.names) and len(knobs) == 78
    values = torch.stack([knobs[name].from_0to1().detach() for name in ours.space.names], dim=1)
    # They compute in single precision.
    torch.testing.assert_close(ours.space.to_physical(theta), values.double(), rtol=1e-5, atol=1e-4)


def test_import_leaves_nothing_behind():
    import_torchsynth()
    assert torch.pi == 3.141592653589793
    assert "pytorch_lightning.core.lightning" not in sys.modules
