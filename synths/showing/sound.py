"""One sound, or one picture, with what a notebook shows of it."""

import math
from base64 import b64encode
from dataclasses import dataclass
from html import escape

import torch
from torch import Tensor

from synths import files
from synths.showing.png import png, to_bytes

_LOWEST_HZ, _RANGE_DB = 40.0, 80.0
_WINDOW_S, _N_ROWS, _N_FRAMES = 0.05, 120, 400


@dataclass(frozen=True, repr=False)
class Sound:
    """A sound; in a notebook, a log-frequency spectrogram and a player.

    Args:
        samples: (n_samples,) in [-1, 1].
        sample_rate: in Hz.
        title: text above the picture.

    Raises:
        ValueError: another shape, or no sample.
    """

    samples: Tensor
    sample_rate: int
    title: str = ""

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or not len(self.samples):
            raise ValueError(f"expected samples of shape (n_samples,); got {tuple(self.samples.shape)}")

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

    def wav(self) -> bytes:
        """The sound as a WAV file of 16 bits."""
        return files.encode(self.samples, self.sample_rate, "wav")

    def picture(self) -> bytes:
        """A PNG of its spectrogram, from 40 Hz to half the sample rate, from 80 dB below the loudest."""
        return png(to_bytes(_spectrogram(self.samples.detach().float().cpu(), self.sample_rate)), coloured=True)

    def __repr__(self) -> str:
        title = f"{self.title!r}, " if self.title else ""
        peak = self.samples.detach().abs().max().item()
        return f"Sound({title}{self.seconds:g} s at {self.sample_rate} Hz, peak {peak:.3g})"

    def _repr_html_(self) -> str:
        label = escape(self.title or "sound", quote=True)
        audio = f'<audio controls preload="none" aria-label="{label}" src="{_uri("audio/wav", self.wav())}"></audio>'
        return _figure(self.title, f"{_image(self.picture(), f'Spectrogram: {label}')}<br>{audio}")


@dataclass(frozen=True, repr=False)
class Picture:
    """A picture, or a spectrogram of a pattern; in a notebook, itself.

    Args:
        levels: (height, width) in [-1, 1], the first row at the bottom.
        title: text above the picture.

    Raises:
        ValueError: another shape.
    """

    levels: Tensor
    title: str = ""

    def __post_init__(self) -> None:
        if self.levels.ndim != 2:
            raise ValueError(f"expected levels of shape (height, width); got {tuple(self.levels.shape)}")

    def __repr__(self) -> str:
        title = f"{self.title!r}, " if self.title else ""
        return f"Picture({title}{self.levels.shape[0]} x {self.levels.shape[1]})"

    def _repr_html_(self) -> str:
        image = png(to_bytes((self.levels.detach().float().cpu() + 1) / 2), coloured=True)
        return _figure(self.title, _image(image, escape(self.title or "picture", quote=True)))


def _spectrogram(samples: Tensor, sample_rate: int) -> Tensor:
    """Levels in [0, 1] of bands on a logarithmic scale of frequency, (120, n_frames) with about 400 frames."""
    n_fft = 1 << max(4, round(_WINDOW_S * sample_rate).bit_length())
    hop = max(1, -(-len(samples) // _N_FRAMES))
    window = torch.hann_window(n_fft)
    power = torch.stft(samples, n_fft, hop, window=window, pad_mode="constant", return_complex=True).abs().square()
    lowest_hz = min(_LOWEST_HZ, sample_rate / 4)
    edges = torch.logspace(math.log10(lowest_hz), math.log10(sample_rate / 2), _N_ROWS + 1) * n_fft / sample_rate
    first, last = edges.floor().int().tolist(), edges.ceil().int().tolist()
    rows = torch.stack([power[low:high].amax(dim=0) for low, high in zip(first[:-1], last[1:], strict=True)])
    level_db = 10 * rows.clamp_min(1e-10).log10()
    return 1 + (level_db - level_db.max()) / _RANGE_DB


def _figure(title: str, inside: str) -> str:
    caption = f"<figcaption>{escape(title)}</figcaption>" if title else ""
    return f'<figure style="display: inline-block; margin: 0 1em 1em 0">{caption}{inside}</figure>'


def _image(data: bytes, text: str) -> str:
    return f'<img width="300" height="120" alt="{text}" src="{_uri("image/png", data)}">'


def _uri(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{b64encode(data).decode()}"
