"""From a waveform to a file: fade-out, level, and the form of the samples."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from synths.corpus.loudness import LEAST_RATE, integrated_loudness
from synths.files import encoding

LEVELS = ("peak", "rms", "lufs")
_RMS_DB, _LUFS = -20.0, -23.0
# A quieter sound is silence, which stays as it is.
_SILENCE = 1e-7


@dataclass(frozen=True)
class SoundFormat:
    """How rendered waveforms become files.

    Args:
        file_format: one of `encoding.FORMATS`.
        subtype: form of the samples, one of `encoding.SUBTYPES`.
        normalize: "peak" scales each sound to a peak of 1; "rms" to an RMS level of -20 dB, "lufs" to an integrated
            loudness of -23 LUFS (`loudness`), both to a peak of 1 where that is quieter; None leaves it as it is.
        fade_out_s: length of the fade-out at the end.
    """

    file_format: str = "wav"
    subtype: str = "pcm_16"
    normalize: str | None = None
    fade_out_s: float = 0.0

    def require(self, sample_rate: int) -> None:
        """Raises ValueError for an unknown level, or one that cannot be measured at a sample rate."""
        if self.normalize not in (None, *LEVELS):
            raise ValueError(f"expected normalize as one of {', '.join(LEVELS)}; got {self.normalize!r:.80}")
        if self.normalize == "lufs" and sample_rate < LEAST_RATE:
            raise ValueError(f"expected a sample rate of at least {LEAST_RATE} Hz for lufs; got {sample_rate}")

    def finish(self, waveforms: Tensor, sample_rate: int) -> Tensor:
        """Waveforms (batch, n_samples) with their fade-out and level."""
        n_faded = min(round(self.fade_out_s * sample_rate), waveforms.shape[1])
        if n_faded:
            gain = torch.cos(torch.pi / 2 * torch.arange(1, n_faded + 1, dtype=torch.float64) / n_faded) ** 2
            waveforms = waveforms.clone()
            waveforms[:, -n_faded:] *= gain.to(waveforms)
        if self.normalize is None:
            return waveforms
        peak = waveforms.abs().amax(dim=1, keepdim=True)
        gain = 1 / peak
        if self.normalize == "rms":
            rms = waveforms.square().mean(dim=1, keepdim=True).sqrt()
            gain = torch.minimum(gain, 10 ** (_RMS_DB / 20) / rms)
        elif self.normalize == "lufs":
            # At a peak of 1, so that the level of the waveform does not move the gate of silence.
            lufs = integrated_loudness(waveforms.double() / peak.clamp(min=_SILENCE), sample_rate)
            gain = gain * (10 ** ((_LUFS - lufs) / 20)).clamp(max=1)[:, None].to(gain)
        return waveforms * torch.where(peak > _SILENCE, gain, 1.0)

    def encode(self, waveform: Tensor, sample_rate: int) -> bytes:
        """The file of one waveform, (n_samples,) as `finish` returns it."""
        return encoding.encode(waveform, sample_rate, self.file_format, self.subtype)

    def label(self) -> dict[str, Any]:
        """What the labels of sounds hold of it: the settings that are not the default ones."""
        settings = {"subtype": self.subtype, "normalize": self.normalize, "fade_out_s": self.fade_out_s}
        return {name: value for name, value in settings.items() if value != getattr(SoundFormat, name)}
