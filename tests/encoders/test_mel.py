"""Mel banks and log-mels against torchaudio's."""

import pytest
import torch
import torchaudio
from torchaudio.compliance import kaldi

from doppelganger import LogMel
from doppelganger.encoders.frontends.mel import htk_banks, kaldi_banks

SIZES = [
    (64, 512, 16000, 125.0, 7500.0),
    (80, 1024, 16000, 50.0, 8000.0),
    (40, 402, 8000, 0.0, 4000.0),
    (128, 4096, 44100, 20.0, 22050.0),
]


@pytest.mark.parametrize("size", SIZES)
def test_banks_are_torchaudios(size):
    n_mels, n_fft, sample_rate, low_hz, high_hz = size
    htk = torchaudio.functional.melscale_fbanks(n_fft // 2 + 1, low_hz, high_hz, n_mels, sample_rate)
    assert torch.equal(htk_banks(*size), htk.T)
    theirs, _ = kaldi.get_mel_banks(n_mels, n_fft, float(sample_rate), low_hz, high_hz, 100.0, -500.0, 1.0)
    assert torch.equal(kaldi_banks(*size), torch.nn.functional.pad(theirs, (0, 1)))


@pytest.mark.parametrize(
    "options",
    [{}, {"n_mels": 80, "n_fft": 1024, "low_hz": 50.0, "high_hz": 8000.0}, {"n_fft": 401, "n_mels": 32}],
)
@pytest.mark.parametrize("batch", [1, 5])
def test_log_mel_is_torchaudios(options, batch):
    front_end = LogMel(**options, frame_multiple=1)
    set_to = front_end.arguments
    mel = torchaudio.transforms.MelSpectrogram(
        sample_rate=16000,
        n_fft=set_to["n_fft"],
        win_length=400,
        hop_length=160,
        f_min=set_to["low_hz"],
        f_max=set_to["high_hz"],
        n_mels=set_to["n_mels"],
        power=1.0,
        center=False,
    )
    waveform = torch.randn(batch, 16000, generator=torch.Generator().manual_seed(0))
    missing = set_to["n_fft"] - 400
    padded = torch.nn.functional.pad(waveform, (missing // 2, missing - missing // 2))
    torch.testing.assert_close(front_end(waveform)[:, 0], (mel(padded) + 0.01).log(), rtol=1e-6, atol=1e-6)


def test_log_mel_is_in_single_precision_under_autocast():
    waveform = torch.randn(2, 16000)
    with torch.autocast("cpu", torch.bfloat16):
        inside = LogMel()(waveform)
    assert inside.dtype == torch.float32 and torch.equal(inside, LogMel()(waveform))


def test_constants_of_a_front_end_are_not_weights():
    assert not LogMel().state_dict()


def test_empty_bands_are_counted():
    with pytest.warns(UserWarning, match="zero values"):
        banks = torchaudio.functional.melscale_fbanks(129, 0.0, 8000.0, 128, 16000)
    n_empty = int((banks.max(dim=0).values == 0).sum())
    with pytest.warns(UserWarning, match=f"{n_empty} of 128 mel bands .* a larger n_fft or fewer n_mels"):
        htk_banks(128, 256, 16000, 0.0, 8000.0)


@pytest.mark.parametrize("banks", [htk_banks, kaldi_banks])
@pytest.mark.parametrize("edges", [(-1.0, 100.0), (200.0, 100.0), (100.0, 100.0)])
def test_edges_in_no_order_are_refused(banks, edges):
    with pytest.raises(ValueError, match=f"0 <= low_hz < high_hz; got {edges[0]:g} and {edges[1]:g}"):
        banks(64, 512, 16000, *edges)
