"""Sound of formats that soundfile lacks, such as m4a and webm, decoded by the ffmpeg program of the machine."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

SUFFIXES = {".aac", ".m4a", ".mp4", ".webm", ".wma"}


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
        mono float32 (n_samples,), mixed down as ffmpeg does.

    Raises:
        ValueError: there is no ffmpeg, or it cannot decode the file.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise ValueError(f"{path.suffix.lower()} is read by ffmpeg, which is not installed")
    # A playlist may name files and hosts: nothing on a network is opened.
    given = ["-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-i", f"file:{path.absolute()}"]
    wanted = ["-map", "0:a:0", "-ac", "1", "-ar", str(sample_rate), "-f", "f32le", "pipe:1"]
    with subprocess.Popen([program, *given, *wanted], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            while data := process.stdout.read(4 * n_samples):
                yield np.frombuffer(data[: len(data) // 4 * 4], dtype="<f4")
        except BaseException:
            process.kill()  # the caller stopped
            raise
    if process.returncode:
        raise ValueError("not a readable sound file")
