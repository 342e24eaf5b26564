"""Rendering at a multiple of the sample rate against scipy's resampling, and how little folds back."""

import numpy as np
import pytest
import torch
from scipy.signal import firwin, resample_poly

import synths
from synths.__main__ import main
from synths.dsp.decimation import decimate

SECOND = {"sample_rate": 16000, "seconds": 1.0, "control_rate": 500.0}  # hops of 32 and, at 48 kHz, of 96


def bands(sound):
    """Spectrum up to 6.4 kHz, where no resampling's slope is."""
    return torch.fft.rfft(torch.as_tensor(sound))[..., :6400]


def folded(synth, n, **settings):
    """Share of each sound's energy that differs from a rendering at 256 kHz; without noise, which has no limit."""
    make = {**SECOND, "ranges": {"mixer.noise": 0.0}}
    exact = synth(**make, oversample=16)
    theta = exact.sample(range(n))
    expected, got = bands(exact.render(theta)), bands(synth(**make, **settings).render(theta))
    return (got - expected).abs().square().sum(1) / expected.abs().square().sum(1)


def test_a_sound_is_that_of_the_higher_rate_resampled():
    quiet = SECOND | {"ranges": {"mixer.*": 0.3}}  # a sound that clips is scaled by its peak
    oversampled = synths.Voice(**quiet, oversample=3)
    theta = oversampled.sample(range(8)).double()
    finer = synths.Voice(**quiet | {"sample_rate": 48000, "seconds": 1.1}).render(theta)
    expected = bands(resample_poly(finer.numpy(), 1, 3, axis=1, window=firwin(1921, 7400, fs=48000))[:, :16000])
    assert (bands(oversampled.render(theta)) - expected).abs().max() < 1e-4 * expected.abs().max()


def test_sounds_stay_within_one():
    square = {"vco_2.shape": 0.0, "mixer.vco_2": 1.0, "mixer.vco_1": 1.0}
    sound = synths.Voice(**SECOND, oversample=2, ranges=square).play(range(32))
    assert 0.999 < sound.abs().max() <= 1


def test_less_folds_back():
    assert (folded(synths.Voice, 100) > 0.1).float().mean() > 0.05
    assert folded(synths.Voice, 100, oversample=3).max() < 0.05
    assert folded(synths.ParametricSynth, 20, oversample=3).median() < 0.2 * folded(synths.ParametricSynth, 20).median()


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_decimation_keeps_what_fits_and_removes_the_rest(factor):
    n = 400 * 12 * factor
    time = np.arange(n) / (16000 * factor)

    def level_db(hz):
        tone = torch.tensor(np.sin(2 * np.pi * hz * time)).reshape(1, -1, 12 * factor)
        middle = decimate(tone, factor).flatten()[1000:-1000]
        return 10 * np.log10(2 * np.mean(middle.numpy() ** 2))

    assert all(abs(level_db(hz)) < 0.01 for hz in (100, 3000, 6800))
    assert all(level_db(hz) < -78 for hz in (8000, 8100, 9200, 10000 * factor // 2) if hz < 8000 * factor)


def test_the_start_of_a_sound_does_not_depend_on_its_length():
    quiet = SECOND | {"oversample": 2, "ranges": {"output.voice": 0.1}}
    short, long = (synths.Subtractive(**quiet | {"seconds": seconds}) for seconds in (0.2, 0.5))
    theta = short.sample(range(4))
    torch.testing.assert_close(long.render(theta)[:, : short.n_samples], short.render(theta), rtol=0, atol=1e-6)


def test_gradients_flow_and_a_compiler_sees_one_graph():
    synth = synths.Voice(**SECOND | {"seconds": 0.1}, oversample=2)
    theta = synth.sample(range(2)).requires_grad_()
    compiled = torch.compile(synth.synthesize, fullgraph=True, backend="eager")
    sound = compiled(synth.space.to_physical(theta), synth.noise_key(range(2)), torch.float32)
    torch.testing.assert_close(sound, synth.render(theta, synth.noise_key(range(2))))
    (slope,) = torch.autograd.grad(sound.square().sum(), theta)
    assert slope.isfinite().all() and slope.abs().max() > 0


@pytest.mark.parametrize("factor", [0, 17, 1.5, -1])
def test_an_impossible_factor_is_refused(factor):
    with pytest.raises(ValueError, match="oversample as a whole number from 1 to 16"):
        synths.Voice(oversample=factor)


def test_the_factor_is_shown_and_a_synth_without_one_says_so(capsys):
    assert "1 s at 16000 Hz, oversampled 3 times" in repr(synths.Voice(**SECOND, oversample=3))
    with pytest.raises(SystemExit):
        main(["render", "soundscape", "-n", "1", "--oversample", "2", "--out", "nowhere"])
    assert "soundscape takes no --oversample; leave it out" in capsys.readouterr().err


@pytest.mark.parametrize("shards", [[], ["--shards", "--processes", "1"]])
def test_a_folder_holds_sounds_of_one_factor(tmp_path, capsys, shards):
    def render(*more):
        main(["render", "voice", "-n", "1", "--seconds", "0.1", "--out", str(tmp_path / "out"), *shards, *more])

    render("--oversample", "2")
    for other in ([], ["--oversample", "3"]):
        with pytest.raises(SystemExit):
            render(*other)
        assert "settings {'oversample': 2}, not" in capsys.readouterr().err
    render("--oversample", "2")
