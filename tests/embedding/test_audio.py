import os
import shutil
import subprocess
import sys

import librosa
import numpy as np
import pytest
import soundfile

from doppelganger.embedding.audio import UnusableClip, is_sound_name, read_blocks, read_mono


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 192000])
@pytest.mark.parametrize("n_channels", [1, 2, 6])
def test_blocks_equal_the_whole_file(tmp_path, rate, n_channels):
    # A little more than two blocks, so that pieces meet twice.
    sound = 0.1 * np.random.default_rng(0).standard_normal((round(10.3 * rate), n_channels))
    soundfile.write(tmp_path / "a.wav", sound, rate, subtype="FLOAT")
    blocks = list(read_blocks(tmp_path / "a.wav", 16000))
    expected = librosa.resample(
        sound.mean(axis=1).astype(np.float32), orig_sr=rate, target_sr=16000, res_type="soxr_hq"
    )
    found = np.concatenate(blocks)
    assert len(blocks) >= 3 and found.dtype == np.float32
    assert abs(len(found) - len(expected)) <= 1
    n = min(len(found), len(expected))
    np.testing.assert_allclose(found[:n], expected[:n], atol=1e-5)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "DOUBLE"])
def test_every_depth(tmp_path, subtype):
    sound = 0.5 * np.sin(np.arange(8000) / 9)
    soundfile.write(tmp_path / "a.wav", sound, 16000, subtype=subtype)
    np.testing.assert_allclose(read_mono(tmp_path / "a.wav", 16000), sound, atol=1e-2 if subtype == "PCM_U8" else 1e-4)


@pytest.mark.parametrize("at", [0, 5 * 16000 - 1, 5 * 16000, 7 * 16000])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("rate", [16000, 8000])
def test_nan_and_infinity_are_found_in_any_block(tmp_path, at, value, rate):
    sound = np.zeros(8 * 16000)
    sound[at] = value
    soundfile.write(tmp_path / "a.wav", sound, 16000, subtype="FLOAT")
    with pytest.raises(UnusableClip, match="NaN or infinite"):
        list(read_blocks(tmp_path / "a.wav", rate))


def test_a_truncated_file_is_read_as_far_as_it_goes_or_refused(tmp_path):
    soundfile.write(tmp_path / "a.flac", np.random.default_rng(0).uniform(-1, 1, 16000 * 8), 16000)
    whole = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(whole[: len(whole) // 2])
    try:
        assert 0 < len(read_mono(tmp_path / "a.flac", 16000)) < 16000 * 8
    except UnusableClip as error:
        assert "readable" in str(error)


@pytest.mark.parametrize(
    ("format", "subtype"),
    [("WAV", "GSM610"), ("WAV", "G721_32"), ("WAV", "NMS_ADPCM_32"), ("WAV", "IMA_ADPCM"), ("XI", "DPCM_16")],
)
def test_formats_without_random_access_are_read(tmp_path, format, subtype):
    sound = 0.5 * np.sin(np.arange(8000) / 9)
    path = tmp_path / f"a.{format.lower()}"
    soundfile.write(path, sound, 16000 if format == "WAV" else 44100, format=format, subtype=subtype)
    found = read_mono(path, soundfile.info(path).samplerate)
    assert len(found) >= 8000 and np.abs(found[:8000] - sound).mean() < 0.03


@pytest.mark.parametrize("value", [3e38, -3e38])
def test_huge_samples_are_refused(tmp_path, value):
    soundfile.write(tmp_path / "a.wav", np.array([0.1, value, 0.2]), 16000, subtype="FLOAT")
    with pytest.raises(UnusableClip, match=r"beyond 1e\+12 times full scale"):
        read_mono(tmp_path / "a.wav", 16000)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a.raw", "raw file"), ("a.m4a", "readable|ffmpeg"), (b"caf\xe9.wav", "name is not UTF-8")],
)
def test_other_files_say_why_they_are_unusable(tmp_path, name, reason):
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"\0" * 2000)
    assert is_sound_name(path)
    with pytest.raises(UnusableClip, match=reason):
        read_mono(path, 16000)


def test_a_sample_rate_of_1_hz_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(2000), 1)
    with pytest.raises(UnusableClip, match="sample rate of 1 Hz; expected 1000 Hz or more"):
        read_mono(tmp_path / "a.wav", 16000)


def test_less_than_a_sample_is_too_short(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(1), 192000)
    with pytest.raises(UnusableClip, match="shorter than one sample at 8000 Hz"):
        read_mono(tmp_path / "a.wav", 8000)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
@pytest.mark.parametrize("suffix", ["m4a", "webm", "mp4", "aac"])
def test_ffmpeg_reads_what_soundfile_does_not(tmp_path, suffix):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(6 * 44100) / 44100)
    soundfile.write(tmp_path / "a.wav", np.stack([tone, tone], axis=1), 44100)
    path = tmp_path / f"a.{suffix}"
    subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", path], check=True)
    sound = read_mono(path, 16000)
    assert len(sound) == pytest.approx(6 * 16000, rel=0.02)
    middle = sound[16000:48000] * np.hanning(32000)
    assert np.abs(np.fft.rfft(middle)).argmax() == 880
    assert np.abs(sound[16000:48000]).max() == pytest.approx(0.5, abs=0.05)


PROGRAM = """#!{python}
import struct, sys
assert sys.argv[sys.argv.index("-i") + 1] == "file:{sound}", sys.argv
sys.stdout.buffer.write(struct.pack("<90000f", *range(90000)) + b"odd")
sys.exit({code})
"""


@pytest.mark.parametrize("code", [0, 1])
def test_ffmpeg_is_called_for_one_file_and_its_failures_are_named(tmp_path, monkeypatch, code):
    (tmp_path / "-a.m4a").write_bytes(b"sound")
    program = tmp_path / "ffmpeg"
    program.write_text(PROGRAM.format(python=sys.executable, sound=tmp_path / "-a.m4a", code=code))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    if code:
        with pytest.raises(UnusableClip, match="not a readable sound file"):
            read_mono(tmp_path / "-a.m4a", 16000)
    else:
        np.testing.assert_array_equal(read_mono(tmp_path / "-a.m4a", 16000), np.arange(90000))


def test_without_ffmpeg_its_formats_say_so(tmp_path, monkeypatch):
    (tmp_path / "a.m4a").write_bytes(b"sound")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnusableClip, match=r"\.m4a is read by ffmpeg, which is not installed"):
        read_mono(tmp_path / "a.m4a", 16000)
