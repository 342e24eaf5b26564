"""Level, fade-out and samples of files, against soundfile and plain arithmetic."""

import json
import math

import numpy as np
import pytest
import soundfile
import torch

from synths.__main__ import main
from synths.corpus.sound_format import SoundFormat
from synths.files import encoding
from tests.corpus.corpora import stopped

RATE = 8000


def waveforms() -> torch.Tensor:
    t = torch.arange(800) / RATE
    loud, quiet = torch.sin(500 * t), 0.01 * torch.sin(500 * t)
    spike = torch.zeros(800)
    spike[10] = -0.5
    return torch.stack([loud, quiet, spike, torch.zeros(800), 1e-9 * loud])


def test_peaks_are_one_and_silence_stays():
    sounds = waveforms()
    finished = SoundFormat(normalize="peak").finish(sounds, RATE)
    torch.testing.assert_close(finished[:3].abs().amax(dim=1), torch.ones(3))
    for row in range(3):
        torch.testing.assert_close(finished[row], sounds[row] / sounds[row].abs().max())
    assert torch.equal(finished[3:], sounds[3:])


def test_rms_is_20_db_below_full_scale_unless_peaks_would_clip():
    finished = SoundFormat(normalize="rms").finish(waveforms(), RATE)
    levels = [10 * math.log10(sum(x * x for x in row) / 800) for row in finished[:2].tolist()]
    assert levels == pytest.approx([-20, -20], abs=1e-4)
    assert finished[2].abs().max() == 1 and not finished[3].any()


def test_the_fade_out_falls_to_zero_and_leaves_the_rest():
    sounds = torch.ones(2, 800)
    finished = SoundFormat(fade_out_s=0.05).finish(sounds, RATE)
    assert torch.equal(finished[:, :400], sounds[:, :400]) and torch.equal(sounds, torch.ones(2, 800))
    faded = [math.cos(math.pi / 2 * i / 400) ** 2 for i in range(1, 401)]
    assert finished[0, 400:].tolist() == pytest.approx(faded, abs=1e-6) and finished[0, -1] < 1e-12
    assert SoundFormat(fade_out_s=0.05, normalize="peak").finish(0.3 * sounds, RATE)[0, 0] == pytest.approx(1)


@pytest.mark.parametrize(
    ("file_format", "subtype", "step"),
    [("wav", "pcm_16", 2**-15), ("wav", "pcm_24", 2**-23), ("flac", "pcm_24", 2**-23), ("wav", "float", 0)],
)
def test_files_hold_the_samples(tmp_path, file_format, subtype, step):
    waveform = waveforms()[0] * 0.9
    data = SoundFormat(file_format, subtype).encode(waveform, RATE)
    assert data == SoundFormat(file_format, subtype).encode(waveform, RATE)
    (tmp_path / "sound").write_bytes(data)
    info = soundfile.info(tmp_path / "sound")
    assert (info.format, info.subtype.lower(), info.samplerate) == (file_format.upper(), subtype, RATE)
    read, _ = soundfile.read(tmp_path / "sound", dtype="float64")
    # Full scale is one step below 1.
    assert np.abs(read / (1 - step) - waveform.double().numpy()).max() <= 0.51 * step


def test_files_of_floats_are_read_by_another_reader(tmp_path):
    from scipy.io import wavfile

    waveform = waveforms()[1]
    (tmp_path / "sound.wav").write_bytes(encoding.encode(waveform, RATE, "wav", "float"))
    rate, samples = wavfile.read(tmp_path / "sound.wav")
    assert rate == RATE and samples.dtype == np.float32 and np.array_equal(samples, waveform.numpy())
    with pytest.raises(ValueError, match="only wav holds them"):
        encoding.encode(waveform, RATE, "flac", "float")
    with pytest.raises(ValueError, match="too large"):
        encoding.encode(waveform, 2**31, "wav", "float")


def test_render_writes_them_and_says_so_in_the_labels(tmp_path):
    flags = ["--subtype", "pcm_24", "--normalize", "peak", "--fade-out", "0.05"]
    main(["render", "voice", "-n", "3", "--seconds", "0.1", "--out", str(tmp_path), *flags])
    for line in map(json.loads, (tmp_path / "sounds.jsonl").read_text().splitlines()):
        assert {"subtype": "pcm_24", "normalize": "peak", "fade_out_s": 0.05}.items() <= line.items()
        waveform, _ = soundfile.read(tmp_path / line["file"])
        assert soundfile.info(tmp_path / line["file"]).subtype == "PCM_24"
        assert np.abs(waveform).max() == pytest.approx(1, abs=1e-6) and waveform[-1] == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--format", "flac", "--subtype", "float"], "--subtype float: flac holds no floats; add --format wav"),
        (["--shards", "--subtype", "float"], "--subtype float: flac holds no floats; add --format wav"),
        (["--seconds", "1", "--fade-out", "2"], "--fade-out 2: expected at most the 1 s of a sound"),
        (["--fade-out", "0"], "expected a number above 0"),
        (["--normalize", "loud"], "--normalize"),
        (["--processes", "2"], "--processes has no effect without --shards"),
        (["--shard-size", "2"], "--shard-size has no effect without --shards"),
        (["--ray", "local"], "--ray has no effect without --shards"),
        (["--labels", "nothing"], "--labels nothing: expected a package with corpus_labels, such as doppelganger"),
        (["--labels", "json"], "--labels json: expected a package with corpus_labels"),
    ],
)
def test_flags_that_do_not_fit_are_refused(tmp_path, arguments, expected):
    assert expected in stopped("render", "voice", "--out", tmp_path / "new", *arguments)
    assert not (tmp_path / "new").exists()
    assert "expected a folder for --shards" in stopped("render", "voice", "--shards", "--out", tmp_path / "a.flac")
