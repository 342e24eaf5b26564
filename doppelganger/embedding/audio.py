"""Read sound files of any length, format, rate and number of channels."""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from synths.files.sound_file import FFMPEG_SUFFIXES, opened

_BLOCK_S = 5.0  # length of the piece of a file held in memory
# Full scale is 1. The power spectrum of larger samples overflows float32 in a front end.
_LARGEST = 1e12
_LOWEST_HZ = 1000  # of a file's sample rate: resampling from 1 Hz would blow a file up thousands of times
# What libsndfile notes of the sound in a WAV, AIFF, AU or 8SVX file that is shorter than its header says, in bytes.
_SHORTER = re.compile(r"^\s*(?:data|SSND|BODY|Data Size)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
# The same of a W64 file, in bytes, and, found and stated in the other order, of an RF64 file, in samples.
_SHORTER_W64 = re.compile(r"^riff : (\d+) \(should be (\d+)\)", re.MULTILINE)
_SHORTER_RF64 = re.compile(r"frame count (\d+) does not match value from 'ds64' chunk of ([1-9]\d*)")
_UNKNOWN = 2**31 - 2**16  # bytes; programs that write to a pipe state about this length, or twice as much
_MISSING = 0.01  # share of a sound that may be missing without a word
_MP3_FRAMES = 2 * 1152  # samples, by which an MP3's length may differ from what its header says
# Names of formats that libsndfile reads and soundfile does not list.
_SUFFIXES = {".aif", ".aifc", ".oga", ".opus", ".wave"}


class UnusableClip(ValueError):
    """A clip that cannot be embedded, with the reason: missing, corrupt, empty, NaN."""


def is_sound_name(path: Path) -> bool:
    """Whether the name of a file ends like that of a sound file, readable or not."""
    suffix = path.suffix.lower()
    return suffix in _SUFFIXES | FFMPEG_SUFFIXES or suffix.removeprefix(".").upper() in soundfile.available_formats()


def read_blocks(path: Path, sample_rate: int) -> Iterator[np.ndarray]:
    """A sound file from start to end, a few seconds at a time, whatever its length.

    Args:
        path: any format libsndfile reads; m4a, webm and others where ffmpeg is installed.
        sample_rate: sample rate of the blocks, in Hz; the file is resampled.

    Yields:
        mono float32 (n_samples,), the mean of the channels; together at least one sample.

    Warns:
        UserWarning: a WAV, RF64, W64, AIFF, AU or MP3 file that is cut off: it holds less than its header says.

    Raises:
        UnusableClip: the file is missing, is not sound, is empty, holds NaN, infinite or huge samples, or has a sample
            rate below 1000 Hz or a name that is not UTF-8.
    """
    n_samples = 0
    try:
        if not path.is_file():
            raise UnusableClip("no such file")
        for block in _decoded(path, sample_rate):
            n_samples += len(block)
            if len(block):
                yield block
    except UnusableClip:
        raise
    except (soundfile.SoundFileError, OSError) as error:
        raise UnusableClip("not a readable sound file") from error
    except TypeError as error:  # from soundfile, for .raw
        raise UnusableClip("a raw file, without a header that tells its sample rate") from error
    except UnicodeEncodeError as error:
        raise UnusableClip("its name is not UTF-8; rename it") from error
    except ValueError as error:  # from ffmpeg
        raise UnusableClip(str(error)) from error
    if n_samples == 0:
        raise UnusableClip(f"is shorter than one sample at {sample_rate} Hz")


def _decoded(path: Path, sample_rate: int) -> Iterator[np.ndarray]:
    with opened(path) as file:
        if file.samplerate < _LOWEST_HZ:
            raise UnusableClip(f"has a sample rate of {file.samplerate} Hz; expected {_LOWEST_HZ} Hz or more")
        shorter = [pair for pair in _SHORTER.findall(file.extra_info) if int(pair[0]) < _UNKNOWN]
        shorter += _SHORTER_W64.findall(file.extra_info)
        shorter += [(stated, found) for found, stated in _SHORTER_RF64.findall(file.extra_info)]
        for stated, found in shorter:
            _tell_cut_off(path, int(found) / int(stated))
        resampler = soxr.ResampleStream(file.samplerate, sample_rate, num_channels=1, dtype="float32", quality="HQ")
        n_block, n_read, last = round(_BLOCK_S * file.samplerate), 0, False
        while not last:
            mono = file.read(n_block, dtype="float32", always_2d=True).mean(axis=1)
            n_read, last = n_read + len(mono), len(mono) < n_block
            _require_sane(mono)
            if not n_read:
                raise UnusableClip("holds no samples")
            yield mono if file.samplerate == sample_rate else resampler.resample_chunk(mono, last=last)
        if file.format == "MP3" and file.frames - n_read > _MP3_FRAMES and _states_length(path):
            _tell_cut_off(path, n_read / file.frames)


def _tell_cut_off(path: Path, share: float) -> None:
    if share < 1 - _MISSING:
        warnings.warn(f"{path} is cut off: {share:.0%} of the sound in its header is there, and used", stacklevel=2)


def _states_length(mp3: Path) -> bool:
    """Whether the first frame of an MP3 is one of LAME's or Xing's with the length; without it, libsndfile guesses."""
    with mp3.open("rb") as file:
        start = file.read(10)
        n_tag = 10 + sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(start[6:])))
        file.seek(n_tag if start[:3] == b"ID3" else 0)
        frame = file.read(64)
    return b"Xing" in frame or b"Info" in frame


def read_mono(path: Path, sample_rate: int) -> np.ndarray:
    """A whole file, mono float32 (n_samples,); see `read_blocks`."""
    return np.concatenate(list(read_blocks(path, sample_rate)))


def _require_sane(mono: np.ndarray) -> None:
    # Checked before resampling, which would spread a NaN over the whole block.
    if not np.isfinite(mono).all():
        raise UnusableClip("holds NaN or infinite samples")
    if len(mono) and np.abs(mono).max() > _LARGEST:
        raise UnusableClip(f"holds samples beyond {_LARGEST:g} times full scale")
