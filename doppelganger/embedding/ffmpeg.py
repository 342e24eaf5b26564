"""Sound of formats that soundfile lacks, such as m4a and webm, decoded by the ffmpeg program of the machine."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

SUFFIXES = {".aac", ".m4a", ".mp4", ".webm", ".wma"}
_HEADER = struct.Struct(">4s5I")  # of an AU file: name, start of the samples, their size, format, rate, channels


def is_needed(path: Path) -> bool:
    """Whether the name of a file ends like a format that only ffmpeg reads."""
    return path.suffix.lower() in SUFFIXES


def decoded(path: Path, sample_rate: int, n_samples: int) -> Iterator[np.ndarray]:
    """The first audio stream of a file, in blocks.

    Args:
        path: file to decode.
        sample_rate: of the blocks, in Hz.
        n_samples: length of a block; the last may be shorter.

    Yields:
        mono float32 (n_samples,), the mean of the channels.

    Raises:
        ValueError: there is no ffmpeg, or it cannot decode the file.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise ValueError(f"{path.suffix.lower()} is read by ffmpeg, which is not installed")
    # A playlist may name files and hosts: nothing on a network is opened.
    given = ["-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-i", f"file:{path.absolute()}"]
    # An AU file has a header that says how many channels there are, and needs no seeking.
    wanted = ["-map", "0:a:0", "-ar", str(sample_rate), "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    with subprocess.Popen([program, *given, *wanted], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            header = process.stdout.read(_HEADER.size)
            if len(header) == _HEADER.size:
                _, start, *_, n_channels = _HEADER.unpack(header)
                process.stdout.read(start - _HEADER.size)
                frame = 4 * n_channels
                while data := process.stdout.read(frame * n_samples):
                    samples = np.frombuffer(data[: len(data) // frame * frame], dtype=">f4")
                    yield samples.reshape(-1, n_channels).mean(axis=1, dtype=np.float32)
        except BaseException:
            process.kill()  # the caller stopped
            raise
    if process.returncode:
        raise ValueError("not a readable sound file")
