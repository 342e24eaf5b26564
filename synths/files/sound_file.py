"""Sound files to be read: what libsndfile reads, and with the ffmpeg program of the machine m4a, webm and others."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundfile import SoundFile

# How the names of files end that only ffmpeg reads.
FFMPEG_SUFFIXES = {".aac", ".m4a", ".mp4", ".webm", ".wma"}


@contextmanager
def opened(path: Path) -> Iterator[SoundFile]:
    """A sound file, to be read from start to end: what ffmpeg decodes has no length, and cannot be searched.

    Raises:
        soundfile.SoundFileError, OSError, TypeError, UnicodeEncodeError: as `soundfile.SoundFile` raises them.
        ValueError: ffmpeg is needed, and is not installed or cannot decode the file.
    """
    import soundfile

    if path.suffix.lower() not in FFMPEG_SUFFIXES:
        with soundfile.SoundFile(path) as file:
            yield file
        return
    with subprocess.Popen(_decoding(path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            with soundfile.SoundFile(process.stdout.fileno(), closefd=False) as file:
                yield file
                stopped = len(file.read(1)) > 0
        except BaseException:
            process.kill()
            raise
        if stopped:
            process.kill()  # the caller has read enough
        elif process.wait():
            raise ValueError("not a readable sound file")


def _decoding(path: Path) -> list[str]:
    """The command that writes the first audio stream of a file to stdout, as an AU file of floats."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise ValueError(f"{path.suffix.lower()} is read by ffmpeg, which is not installed")
    # A playlist may name files and hosts: nothing on a network is opened.
    given = ["-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-i", f"file:{path.absolute()}"]
    return [program, *given, "-map", "0:a:0", "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
