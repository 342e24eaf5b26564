"""What the page draws: levels of a mel spectrogram, the outline of a waveform, PNG files of patterns."""

from base64 import b64encode
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from doppelganger.encoders.frontends.mel import htk_banks
from synths.showing import png as showing

_N_MELS, _N_FRAMES, _N_COLUMNS = 72, 180, 240
_LOWEST_HZ, RANGE_DB = 40.0, 80.0


def spectrogram(sound: Tensor, sample_rate: int) -> dict[str, Any]:
    """Levels of mel bands over time as bytes, from 80 dB below the loudest (0) to the loudest (255).

    Args:
        sound: (n_samples,).
        sample_rate: in Hz.

    Returns:
        height, width and data, rows from the lowest band up, in base64; and the two edges of the bands in Hz.
    """
    level_db = levels_db(sound, sample_rate)
    image = 1 + (level_db - level_db.max().clamp_min(-60)) / RANGE_DB
    return {**_image(image), "low_hz": _LOWEST_HZ, "high_hz": sample_rate / 2}


def levels_db(sound: Tensor, sample_rate: int) -> Tensor:
    """Levels of 72 mel bands in some 180 frames, in dB: (..., n_bands, n_frames) of sounds (..., n_samples)."""
    n_fft = 2048 if sample_rate > 24000 else 1024
    hop = max(1, -(-sound.shape[-1] // _N_FRAMES))
    spectrum = torch.stft(sound, n_fft, hop, window=torch.hann_window(n_fft), pad_mode="constant", return_complex=True)
    return 10 * (_banks(n_fft, sample_rate) @ spectrum.abs().square()).clamp_min(1e-10).log10()


def pattern(picture: Tensor) -> dict[str, Any]:
    """A picture (height, width) in [-1, 1] as bytes, like `spectrogram`."""
    return _image((picture + 1) / 2)


def outline(sound: Tensor) -> str:
    """Lowest and highest sample of 240 stretches of a sound (n_samples,), as signed bytes in base64."""
    blocks = torch.nn.functional.pad(sound, (0, -len(sound) % _N_COLUMNS)).view(_N_COLUMNS, -1)
    ends = torch.stack([blocks.amin(dim=1), blocks.amax(dim=1)], dim=1)
    return b64encode((ends.clamp(-1, 1) * 127).round().to(torch.int8).numpy().tobytes()).decode()


def png(picture: Tensor) -> bytes:
    """A grey PNG of a picture (height, width) in [-1, 1]; the first row is at the bottom."""
    return showing.png(showing.to_bytes((picture + 1) / 2))


@lru_cache(maxsize=8)
def _banks(n_fft: int, sample_rate: int) -> Tensor:
    return htk_banks(_N_MELS, n_fft, sample_rate, _LOWEST_HZ, sample_rate / 2)


def _image(image: Tensor) -> dict[str, Any]:
    height, width = image.shape
    return {"height": height, "width": width, "data": b64encode(showing.to_bytes(image).numpy().tobytes()).decode()}
