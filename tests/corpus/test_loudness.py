"""Loudness against the standard's own coefficients and test signals, a direct recursion, and torchaudio."""

import math

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

from synths.corpus.loudness import integrated_loudness
from synths.corpus.sound_format import SoundFormat
from tests.corpus.corpora import stopped

RATE = 48000


def tone(levels_db: list[tuple[float, float]], rate: int = RATE, hz: float = 1000.0) -> torch.Tensor:
    """A sine (1, n_samples) of several levels, each (peak in dB, seconds)."""
    gain = np.concatenate([np.full(round(s * rate), 10 ** (db / 20)) for db, s in levels_db])
    return torch.from_numpy(gain * np.sin(2 * np.pi * hz * np.arange(len(gain)) / rate))[None]


def of_the_standard(waveform: np.ndarray) -> float:
    """Loudness at 48 kHz by the recursion, with the coefficients of BS.1770-4, tables 1 and 2, block by block."""
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585]
    highpass = [1.0, -2.0, 1.0], [1, -1.99004745483398, 0.99007225036621]
    square = lfilter(*highpass, lfilter(*shelf, waveform)) ** 2
    powers = []
    while len(powers) * 4800 + 19200 <= len(square):
        powers.append(square[len(powers) * 4800 :][:19200].mean())
    loud = [p for p in powers if -0.691 + 10 * math.log10(p + 1e-30) > -70]
    gate = -0.691 + 10 * math.log10(np.mean(loud)) - 10
    return -0.691 + 10 * math.log10(np.mean([p for p in loud if -0.691 + 10 * math.log10(p) > gate]))


def test_random_sounds_have_the_loudness_of_the_standards_recursion():
    rng = np.random.default_rng(0)
    for _ in range(5):
        envelope = np.repeat(10 ** rng.uniform(-4, 0, 30), 4000)
        sound = envelope * rng.standard_normal(120_000)
        measured = integrated_loudness(torch.from_numpy(sound)[None], RATE)
        assert float(measured) == pytest.approx(of_the_standard(sound), abs=1e-6)


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        # EBU Tech 3341, cases 1, 2, 3, 5; one channel of the two is 3.01 dB quieter.
        ([(-23.0, 20)], -23.0),
        ([(-33.0, 20)], -33.0),
        ([(-36.0, 10), (-23.0, 60), (-36.0, 10)], -23.0),
        ([(-26.0, 20), (-20.0, 20.1), (-26.0, 20)], -23.0),
    ],
)
def test_signals_of_the_ebu_have_their_loudness(levels, expected, rate):
    measured = integrated_loudness(tone(levels, rate), rate)
    assert float(measured) == pytest.approx(expected - 3.01, abs=0.1)


@pytest.mark.parametrize("hz", [40.0, 100.0, 1000.0, 6000.0])
def test_torchaudio_measures_about_the_same(hz):
    loudness = pytest.importorskip("torchaudio.functional").loudness
    sound = tone([(-10.0, 3)], 44100, hz)
    assert float(integrated_loudness(sound, 44100)) == pytest.approx(float(loudness(sound, 44100)), abs=0.3)


def test_a_short_sound_is_one_block_and_rows_are_independent():
    short = tone([(-20.0, 0.1)])
    assert float(integrated_loudness(short, RATE)) == pytest.approx(-23.01, abs=0.3)
    sounds = torch.cat([tone([(-20.0, 1)]), tone([(-40.0, 1)]), torch.zeros(1, RATE)])
    together = integrated_loudness(sounds, RATE)
    assert together[0] - together[1] == pytest.approx(20, abs=1e-6) and together[2] == -math.inf
    torch.testing.assert_close(together[:1], integrated_loudness(sounds[:1], RATE))


def test_sounds_get_a_loudness_unless_peaks_would_clip():
    spike = torch.zeros(1, RATE)
    spike[0, 100] = 1e-3
    sounds = torch.cat([tone([(0.0, 1)]), tone([(-90.0, 1)]), spike, torch.zeros(1, RATE)]).float()
    finished = SoundFormat(normalize="lufs").finish(sounds, RATE)
    assert finished.dtype == torch.float32
    assert [of_the_standard(row) for row in finished[:2].double().numpy()] == pytest.approx([-23, -23], abs=1e-3)
    assert finished[2].abs().max() == 1 and not finished[3].any()


def test_it_is_refused_where_it_cannot_be_measured(tmp_path):
    said = stopped("render", "voice", "--sample-rate", "2000", "--normalize", "lufs", "--out", tmp_path / "new")
    assert "--normalize: expected a sample rate of at least 4000 Hz for lufs; got 2000" in said
    with pytest.raises(ValueError, match="expected normalize as one of peak, rms, lufs; got 'loud'"):
        SoundFormat(normalize="loud").require(RATE)
