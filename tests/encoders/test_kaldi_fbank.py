import pytest
import torch
from torchaudio.compliance import kaldi

from doppelganger.encoders.frontends import KaldiFbank

SOUNDS = torch.randn(2, 16000, generator=torch.Generator().manual_seed(0)) * torch.tensor([[0.1], [0.5]])


def test_is_kaldi_as_torchaudio_has_it():
    picture = KaldiFbank()(SOUNDS)
    for sound, ours in zip(SOUNDS, picture[:, 0], strict=True):
        settings = {
            "htk_compat": True,
            "use_energy": False,
            "window_type": "hanning",
            "num_mel_bins": 128,
            "dither": 0.0,
        }
        theirs = kaldi.fbank(sound[None], sample_frequency=16000, frame_shift=10, **settings)
        theirs = (theirs.T[:, :96] + 4.2677393) / (2 * 4.5689974)
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)


def test_silence_is_finite():
    assert KaldiFbank()(torch.zeros(1, 16000)).isfinite().all()


def test_wrong_arguments_and_short_sounds_are_refused():
    with pytest.raises(ValueError, match="high_hz: expected at most half of sample_rate"):
        KaldiFbank(high_hz=9000)
    with pytest.raises(ValueError, match="deviation: expected a positive number; got 0"):
        KaldiFbank(deviation=0)
    with pytest.raises(ValueError, match="at least 2800 samples"):
        KaldiFbank()(torch.zeros(1, 1000))
