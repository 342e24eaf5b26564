"""A file that holds less sound than its header says is used, with a warning."""

import struct
import warnings

import numpy as np
import pytest
import soundfile

from doppelganger.embedding import audio
from doppelganger.embedding.audio import read_mono

_RATE = 16000


@pytest.fixture
def sound():
    return 0.1 * np.random.default_rng(0).standard_normal(2 * _RATE)


@pytest.mark.parametrize("name", ["a.wav", "a.rf64", "a.w64", "a.aiff", "a.au", "a.mp3"])
def test_a_file_that_is_cut_off_is_read_with_a_warning(name, sound, tmp_path):
    path = tmp_path / name
    soundfile.write(path, sound, _RATE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_mono(path, _RATE)) == len(sound)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.warns(
        UserWarning, match=rf"{name} is cut off: (4\d|50)% of the sound in its header is there, and used"
    ):
        assert 0.4 < len(read_mono(path, _RATE)) / len(sound) <= 0.5


def test_only_an_mp3_that_states_its_length_can_be_cut_off(sound, tmp_path):
    """The length of another is a guess of libsndfile, from its first frames."""
    path = tmp_path / "a.mp3"
    soundfile.write(path, sound, _RATE)
    data, id3 = path.read_bytes(), b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128)
    assert audio._states_length(path)
    for content, states in ((id3 + data, True), (data.replace(b"Info", bytes(4)).replace(b"Xing", bytes(4)), False)):
        path.write_bytes(content)
        assert audio._states_length(path) is states


@pytest.mark.parametrize("n_bytes", [0xFFFFFFFF, 0x80000000, 0x7FFFF000, 2001])
def test_lengths_that_were_unknown_or_are_a_byte_too_long_are_no_cut(n_bytes, tmp_path):
    """As programs write them that write to a pipe."""
    path, samples = tmp_path / "a.wav", np.zeros(1000, np.int16).tobytes()
    form = struct.pack("<IHHIIHH", 16, 1, 1, _RATE, 2 * _RATE, 2, 16)
    path.write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt " + form + b"data" + struct.pack("<I", n_bytes) + samples)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_mono(path, _RATE)) == 1000
