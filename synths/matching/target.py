"""A sound file as a target: one channel, from its first sound on, at a peak of 1, as long as is asked for."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from synths.files.sound_file import opened

FILLS = ("silence", "loop")

# A longer file is cut unless a length is given: each step renders its whole length several times.
LONGEST_S = 4.0

# Within this time a file must begin to sound, unless a start is given.
_SEARCHED_S = 60.0

# Levels, against the loudest sample: of the first sound; of a mix of channels of opposite sign.
_ONSET, _CANCELLED = 1e-2, 1e-3

# Most samples of a target: six minutes at 44.1 kHz. A longer one would fill the memory.
_MOST = 1 << 24

# Samples that are passed over at a time where a file cannot be searched.
_BLOCK = 1 << 16

# Part in which a DC offset is looked for.
_OFFSET_S = 0.1

# A peak below -80 dB is silence.
_SILENCE = 1e-4

# A file is clipped if its peak is at full scale, and this share of its samples lies in runs of three or more equal
# ones at the peak. For a full-scale sine of any frequency in 16 bits, the share is at most 0.5 %.
_FULL_SCALE, _CLIPPED = 0.999, 0.01


@dataclass(frozen=True)
class Target:
    """A sound to match.

    Args:
        sound: (n_samples,), with a peak of 1.
        sample_rate: in Hz.
        start_s: where it starts in its file.
        file_s: length of the file.
        gain_db: what was added to its level.
    """

    sound: Tensor
    sample_rate: int
    start_s: float
    file_s: float
    gain_db: float

    @property
    def seconds(self) -> float:
        return len(self.sound) / self.sample_rate


def read_target(
    path: Path,
    *,
    sample_rate: int | None = None,
    start_s: float | None = None,
    seconds: float | None = None,
    fill: str = "silence",
    clipped: bool = False,
) -> Target:
    """Part of a sound file as a target.

    Args:
        path: any format that libsndfile reads, m4a, webm and others where ffmpeg is installed; channels are mixed,
            each without its DC offset.
        sample_rate: to which it is resampled, in Hz; None: its own.
        start_s: where the target starts; None: its first sound, 40 dB below the loudest one.
        seconds: length; None: what there is, at most 4 s.
        fill: what follows a target that is shorter than `seconds`: "silence", or "loop", itself again.
        clipped: take a file that is clipped.

    Raises:
        ValueError: no sound file, or one without samples, silent, clipped, not finite, or with channels that cancel
            each other in the mix; or a length of more than 2^24 samples.
        OSError: the file cannot be read.
        ImportError: it has to be resampled, and scipy is missing.
    """
    searched_s = _SEARCHED_S if start_s is None else 0.0
    channels, rate, file_s = _read(path, start_s or 0.0, seconds or LONGEST_S, searched_s, sample_rate)
    _check(channels, clipped)
    channels = without_offset(channels, rate)
    if (peak := channels.abs().max()) < _SILENCE:
        raise ValueError(f"expected a sound; it is silent, {_db(peak):.0f} dB at most")
    mix = channels.mean(dim=1)
    if mix.abs().max() < _CANCELLED * channels.abs().max():
        raise ValueError("its channels cancel each other in a mix; give a file of one of them")
    onset = int((mix.abs() >= _ONSET * mix.abs().max()).int().argmax()) if start_s is None else 0
    mix = mix[onset : onset + math.ceil((seconds or LONGEST_S) * rate)]
    sound = _resampled(mix, rate, sample_rate or rate)
    if (peak := sound.abs().max()) < _SILENCE:
        raise ValueError(f"expected a sound; what is matched of it is silent, {_db(peak):.0f} dB at most")
    sound = sound / peak
    if seconds:
        sound = _filled(sound, max(1, round(seconds * (sample_rate or rate))), fill)
    return Target(sound, sample_rate or rate, (start_s or 0.0) + onset / rate, file_s, -_db(peak))


def _read(
    path: Path, start_s: float, seconds: float, searched_s: float, sample_rate: int | None
) -> tuple[Tensor, int, float]:
    """Part of a file (n_samples, n_channels), its sample rate, and the length of the whole file in s."""
    import soundfile

    path.open("rb").close()  # whose errors say more
    try:
        with opened(path) as file:
            rate = file.samplerate
            _require_length(seconds, sample_rate or rate)
            start = _pass_over(file, round(start_s * rate))
            sound = file.read(math.ceil((seconds + searched_s) * rate), dtype="float32", always_2d=True)
            n = file.frames if file.seekable() else start + len(sound) + _pass_over(file)
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError for .raw, which has no header
        reason = getattr(error, "error_string", error)
        raise ValueError(f"expected a sound file, say wav or flac; {reason}") from error
    if not len(sound):
        after = f" after {start_s:g} s; it lasts {n / rate:.2f} s" if n else ""
        raise ValueError(f"expected a sound; it holds no samples{after}")
    return torch.from_numpy(sound), rate, n / rate


def _require_length(seconds: float, sample_rate: int) -> None:
    if seconds * sample_rate > _MOST:
        raise ValueError(f"expected at most {_MOST:,} samples to match; got {seconds:g} s at {sample_rate} Hz")


def _pass_over(file: Any, most: float = math.inf) -> int:
    """Pass over samples, from the start of a file that can be searched, and return how many there were."""
    if file.seekable():
        return file.seek(int(min(most, file.frames)))
    n = 0
    while passed := len(file.read(int(min(most - n, _BLOCK)), dtype="float32", always_2d=True)):
        n += passed
    return n


def _check(channels: Tensor, clipped: bool) -> None:
    if not channels.isfinite().all():
        raise ValueError("expected a finite sound; it holds NaN or infinity")
    share = _clipped_share(channels)
    if share > _CLIPPED and not clipped:
        raise ValueError(f"it is clipped: {share:.1%} of its samples lie in flat tops at full scale")


def without_offset(channels: Tensor, rate: int) -> Tensor:
    """Channels (n_samples, n_channels) without the DC offset of a recording, which hides its first sound.

    It is the mean of the quietest tenth of a second, if that is mostly offset: a sound may have an offset of its own,
    before or after silence that has none.
    """
    n = round(_OFFSET_S * rate)
    if len(channels) < n:
        return channels
    parts = channels.unfold(0, n, n)  # (n_parts, n_channels, n)
    deviation, mean = torch.std_mean(parts, dim=2, correction=0)
    deviation, quietest = deviation.min(dim=0)
    mean = mean.gather(0, quietest[None])[0]
    return channels - torch.where(mean.abs() > deviation, mean, 0.0)


def _clipped_share(channels: Tensor) -> float:
    """Share of the samples (n_samples, n_channels) in runs of at least three equal ones at the peak."""
    peak, n = channels.abs().max(), len(channels)
    if peak < _FULL_SCALE or n < 3:
        return 0.0
    first, second, third = (channels[i : n - 2 + i] for i in range(3))
    of_three = (first == second) & (second == third) & (first.abs() >= _FULL_SCALE * peak)
    inside = torch.zeros_like(channels, dtype=torch.bool)
    for i in range(3):
        inside[i : n - 2 + i] |= of_three
    return inside.double().mean().item()


def _resampled(sound: Tensor, rate: int, wanted: int) -> Tensor:
    if rate == wanted:
        return sound
    from scipy.signal import resample_poly

    return torch.from_numpy(resample_poly(sound.numpy(), wanted, rate))


def _filled(sound: Tensor, n: int, fill: str) -> Tensor:
    if fill == "loop":
        return sound.repeat(-(-n // len(sound)))[:n]
    return torch.nn.functional.pad(sound, (0, max(0, n - len(sound))))[:n]


def _db(level: Tensor) -> float:
    return 20 * math.log10(max(float(level), 1e-10))
