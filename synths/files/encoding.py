"""A sound as the bytes of a file."""

import errno
import os
import struct
from tempfile import TemporaryFile

import torch
from torch import Tensor

FORMATS = ("wav", "flac")
SUBTYPES = ("pcm_16", "pcm_24", "float")
_SYSTEM_ERROR = 2  # libsndfile's SF_ERR_SYSTEM


class EncodingError(ValueError):
    """A file format does not hold such a sound."""


def encode(waveform: Tensor, sample_rate: int, file_format: str, subtype: str = "pcm_16") -> bytes:
    """A sound as a file.

    Args:
        waveform: (n_samples,), or (n_channels, n_samples), in [-1, 1].
        sample_rate: in Hz.
        file_format: one of `FORMATS`.
        subtype: one of `SUBTYPES`.

    Raises:
        EncodingError: the format cannot hold it, FLAC at an extreme sample rate say.
        OSError: there is no room for it.
    """
    import soundfile

    waveform = waveform.detach().clamp(-1, 1).cpu()
    if waveform.ndim > 1:
        waveform = waveform.mT.contiguous()  # files hold the channels of a sample side by side
    if subtype == "float":
        return _float_wav(waveform, sample_rate, file_format)
    # Rounded here: left to itself, the library truncates towards minus infinity.
    if subtype == "pcm_24":
        pcm = ((waveform.double() * 0x7FFFFF).round().to(torch.int32) * 256).numpy()
    else:
        pcm = (waveform * 32767).round().to(torch.int16).numpy()
    # A file that the library writes by itself: into a Python object it writes through callbacks, which lose Ctrl-C.
    with os.fdopen(os.memfd_create("sound"), "rb") if hasattr(os, "memfd_create") else TemporaryFile() as file:
        try:
            options = {"subtype": subtype.upper(), "format": file_format.upper(), "closefd": False}
            soundfile.write(file.fileno(), pcm, sample_rate, **options)
        except soundfile.LibsndfileError as error:
            if error.code == _SYSTEM_ERROR:  # no memory, or a limit on the size of files
                raise OSError(errno.EFBIG, f"no room for a sound of {pcm.nbytes:,} bytes in memory") from error
            raise EncodingError(f"cannot write {file_format} at {sample_rate} Hz: {error.error_string}") from error
        file.seek(0)
        return file.read()


def _float_wav(waveform: Tensor, sample_rate: int, file_format: str) -> bytes:
    """A WAV file of floats. The one that libsndfile writes holds the time at which it was written."""
    if file_format != "wav":
        raise EncodingError(f"cannot write {file_format} of floats: only wav holds them")
    samples = waveform.float().numpy().astype("<f4").tobytes()
    n_channels = 1 if waveform.ndim == 1 else waveform.shape[1]
    frame = 4 * n_channels
    try:
        return (
            struct.pack("<4sI4s", b"RIFF", 50 + len(samples), b"WAVE")
            + struct.pack("<4sIHHIIHHH", b"fmt ", 18, 3, n_channels, sample_rate, frame * sample_rate, frame, 32, 0)
            + struct.pack("<4sII", b"fact", 4, len(waveform))
            + struct.pack("<4sI", b"data", len(samples))
            + samples
        )
    except struct.error:
        raise EncodingError(f"cannot write wav of {len(waveform)} floats at {sample_rate} Hz: too large") from None
