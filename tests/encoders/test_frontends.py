import librosa
import numpy as np
import pytest
import torch

from doppelganger import LogMel


def test_log_mel_is_vggish():
    """Against librosa, in VGGish's settings: HTK mels, magnitude, frames that start at sample 0."""
    waveform = np.random.default_rng(0).standard_normal(16000).astype(np.float32) / 4
    frames = librosa.util.frame(waveform, frame_length=400, hop_length=160)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    magnitude = np.abs(np.fft.rfft(frames * window[:, None], 512, axis=0))
    mel = librosa.filters.mel(sr=16000, n_fft=512, n_mels=64, fmin=125, fmax=7500, htk=True, norm=None)
    expected = np.log(mel @ magnitude + 0.01)[:, :96]
    picture = LogMel()(torch.from_numpy(waveform)[None])
    assert picture.shape == (1, 1, 64, 96)
    np.testing.assert_allclose(picture[0, 0].numpy(), expected, atol=2e-3)


def test_a_short_sound_says_how_long_it_must_be():
    with pytest.raises(ValueError, match=r"at least 5360 samples \(0.335 s\); got \(1, 100\)"):
        LogMel()(torch.zeros(1, 100))


def test_bands_above_nyquist_are_refused():
    with pytest.raises(ValueError, match="high_hz: expected at most half of sample_rate"):
        LogMel(sample_rate=8000)


def test_a_frame_longer_than_the_fourier_transform_names_its_length():
    with pytest.raises(ValueError, match=r"at least frame_s .* 1102 samples; got 512: give the front end n_fft: 2048"):
        LogMel(sample_rate=44100)
    assert LogMel(sample_rate=44100, n_fft=2048)(torch.zeros(1, 44100)).shape == (1, 1, 64, 96)


@pytest.mark.parametrize("name", ["frame_multiple", "hop_s", "frame_s"])
def test_a_frame_or_a_hop_of_nothing_is_refused(name):
    with pytest.raises(ValueError, match=r"frame_multiple: expected|expected a frame and a hop of at least one sample"):
        LogMel(**{name: 0})


def test_no_sounds_have_no_spectrograms():
    assert LogMel()(torch.zeros(0, 16000)).shape == (0, 1, 64, 96)


@pytest.mark.parametrize("dtype", [torch.int16, torch.uint8, torch.bool, torch.complex64])
def test_whole_numbers_whose_full_scale_is_unknown_are_refused(dtype):
    with pytest.raises(ValueError, match=f"floating-point numbers in .-1, 1.; got {dtype}: divide by full scale"):
        LogMel()(torch.ones(1, 16000).to(dtype))
