"""Files: presets in, sounds out."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

FORMATS = ("wav", "flac")


def encode(waveform: Tensor, sample_rate: int, file_format: str) -> bytes:
    """A sound as a file of 16-bit PCM.

    Args:
        waveform: (n_samples,) in [-1, 1].
        sample_rate: in Hz.
        file_format: one of `FORMATS`.

    Raises:
        ValueError: the format cannot hold it, FLAC at an extreme sample rate say.
    """
    import soundfile

    # Rounded here: left to itself, the library truncates towards minus infinity.
    pcm = (waveform.clamp(-1, 1) * 32767).round().to(torch.int16).cpu().numpy()
    file = io.BytesIO()
    try:
        soundfile.write(file, pcm, sample_rate, subtype="PCM_16", format=file_format.upper())
    except soundfile.LibsndfileError as error:
        raise ValueError(f"cannot write {file_format} at {sample_rate} Hz: {error.error_string}") from error
    return file.getvalue()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, which takes its place when all went well and is removed when not."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_preset(path: Path) -> dict[str, float | list[float]]:
    """Parameters to fix (a number) or narrow ([low, high]) by name, in physical units, from a YAML file.

    Raises:
        ValueError: not YAML, or not a mapping of names to numbers or pairs of numbers.
    """
    import yaml

    try:
        preset = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"expected YAML; {error}") from error
    if not isinstance(preset, dict):
        raise ValueError(f"expected a mapping of parameter names to values; got {type(preset).__name__}")
    for name, value in preset.items():
        if not (isinstance(name, str) and (_is_number(value) or _is_pair(value))):
            raise ValueError(f"{name}: expected a number or [low, high]; got {value!r}")
    return preset


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
