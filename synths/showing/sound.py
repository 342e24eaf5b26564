"""One sound, or one picture, with what a notebook shows of it."""

from dataclasses import dataclass
from html import escape

from torch import Tensor

from synths.files import encoding
from synths.files.data_uri import data_uri
from synths.showing.png import png, to_bytes
from synths.showing.spectrogram import spectrogram

_N_BANDS, _N_FRAMES = 120, 400


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
        return encoding.encode(self.samples, self.sample_rate, "wav")

    def picture(self) -> bytes:
        """A PNG of its spectrogram, from 40 Hz to half the sample rate, from 80 dB below the loudest."""
        levels = spectrogram(self.samples.detach().float().cpu()[None], self.sample_rate, _N_BANDS, _N_FRAMES)
        return png(to_bytes(levels[0]), coloured=True)

    def __repr__(self) -> str:
        title = f"{self.title!r}, " if self.title else ""
        peak = self.samples.detach().abs().max().item()
        return f"Sound({title}{self.seconds:g} s at {self.sample_rate} Hz, peak {peak:.3g})"

    def _repr_html_(self) -> str:
        label = escape(self.title or "sound", quote=True)
        audio = (
            f'<audio controls preload="none" aria-label="{label}" src="{data_uri("audio/wav", self.wav())}"></audio>'
        )
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


def _figure(title: str, inside: str) -> str:
    caption = f"<figcaption>{escape(title)}</figcaption>" if title else ""
    return f'<figure style="display: inline-block; margin: 0 1em 1em 0">{caption}{inside}</figure>'


def _image(data: bytes, text: str) -> str:
    return f'<img width="300" height="120" alt="{text}" src="{data_uri("image/png", data)}">'
