"""Baselines that have learned nothing: random weights and log-mel statistics."""

import torch
from torch import Tensor

from doppelganger.encoders import Encoder
from doppelganger.encoders.frontends import LogMel
from doppelganger.encoders.frontends.log_mel import fft_length
from doppelganger.encoders.module_encoder import ModuleEncoder

BASELINES = {"random", "log_mel", "from_scratch"}  # their names in results
_FRAMES = 3  # per window, as many as a ResNet18 makes of one second of VGGish's log-mel


class LogMelStatistics(Encoder):
    """Mean and standard deviation over time of each of the 64 bands of a log-mel spectrogram.

    An encoder like any other. Bands and frames are those of VGGish, see `LogMel`.

    Args:
        sample_rate: sample rate of the input, in Hz.
        window_s: length to which a shorter sound is padded, in seconds.
        max_window_s: length of the longest sounds it embeds at once, in seconds; None for `window_s`.
    """

    embedding_dim = 128

    def __init__(self, sample_rate: int, window_s: float, max_window_s: float | None = None):
        super().__init__()
        self.sample_rate, self.window_s, self.max_window_s = sample_rate, window_s, max_window_s
        self.log_mel = LogMel(
            sample_rate,
            n_mels=self.embedding_dim // 2,
            high_hz=min(7500.0, sample_rate / 2),
            n_fft=fft_length(sample_rate),
            frame_multiple=2,
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveform (batch, n_samples) to mean and standard deviation of each band, (batch, 128)."""
        return _statistics(self.log_mel(waveform)[:, 0])

    def embed_with_frames(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        spectrogram = self.log_mel(waveform)[:, 0]
        # At least two columns per frame, so that there is a standard deviation.
        n_frames = min(_FRAMES, spectrogram.shape[2] // 2)
        frames = [_statistics(part) for part in spectrogram.tensor_split(n_frames, dim=2)]
        return _statistics(spectrogram), torch.stack(frames, dim=1)


def _statistics(spectrogram: Tensor) -> Tensor:
    return torch.cat([spectrogram.mean(dim=2), spectrogram.std(dim=2)], dim=1)


def with_baselines(encoder: Encoder, seed: int = 0) -> dict[str, Encoder]:
    """An encoder ("trained") and its baselines: "random", the same with random weights, and "log_mel".

    A `ModuleEncoder` has no "random": its class may load its weights itself.
    """
    encoders: dict[str, Encoder] = {"trained": encoder}
    if isinstance(encoder, LogMelStatistics):
        return encoders
    if not isinstance(encoder, ModuleEncoder):
        encoders["random"] = encoder.untrained(seed + 1)  # a timm name has the random weights of seed 0
    # In a long window the statistics would be mostly those of the padding.
    window_s = min(encoder.window_s, 1.0) if encoder.removes_padding else encoder.window_s
    return encoders | {"log_mel": LogMelStatistics(encoder.sample_rate, window_s, encoder.max_window_s)}
