"""Sound files, also those that a program decodes."""

import sys

import numpy as np
import pytest

from synths.matching.target import read_target

# Two channels of 8 s at 16 kHz, the mean of which rises by one step of 2^-20 a sample, on alternating sides of 0.
PROGRAM = """#!{python}
import struct, sys
sys.stdout.buffer.write(struct.pack(">4s5I", b".snd", 24, 0xFFFFFFFF, 6, 16000, 2))
for i in range(128000):
    sys.stdout.buffer.write(struct.pack(">2f", 0.0, (-1) ** i * (i + 1) / 2**19))
sys.exit({code})
"""


@pytest.fixture
def decoded(tmp_path, monkeypatch):
    """Makes a file that is decoded by a program which ends with a code."""

    def make(code=0):
        program = tmp_path / "ffmpeg"
        program.write_text(PROGRAM.format(python=sys.executable, code=code))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        (tmp_path / "a.m4a").write_bytes(b"sound")
        return tmp_path / "a.m4a"

    return make


def test_part_of_a_decoded_file_is_a_target(decoded):
    target = read_target(decoded(), start_s=5.0, seconds=0.5)
    assert (target.sample_rate, target.start_s, target.file_s) == (16000, 5.0, 8.0)
    expected = np.arange(80001, 88001) * np.tile([1, -1], 4000)
    np.testing.assert_allclose(target.sound.numpy() * 88000, expected, rtol=1e-6)


@pytest.mark.parametrize(("start_s", "reason"), [(5.0, "not a readable sound file"), (9.0, "not a readable")])
def test_a_file_that_cannot_be_decoded_is_no_target(decoded, start_s, reason):
    with pytest.raises(ValueError, match=reason):
        read_target(decoded(code=1), start_s=start_s, seconds=0.5)


def test_a_start_after_the_end_of_a_decoded_file_says_how_long_it_is(decoded):
    with pytest.raises(ValueError, match=r"no samples after 9 s; it lasts 8\.00 s"):
        read_target(decoded(), start_s=9.0, seconds=0.5)
