"""What an encoder has to beat without having learned anything."""

import torch
from torch import Tensor, nn

from doppelganger.frontends import LogMel


class LogMelStatistics(nn.Module):
    """Mean and standard deviation over time of each of the 64 bands of a log-mel spectrogram.

    It is asked like any encoder. Bands and frames are VGGish's, see `LogMel`.

    Args:
        sample_rate: in Hz.
        window_s: length of a window, in seconds.
    """

    embedding_dim = 128

    def __init__(self, sample_rate: int, window_s: float):
        super().__init__()
        self.sample_rate, self.window_s = sample_rate, window_s
        self.log_mel = LogMel(
            sample_rate,
            n_mels=self.embedding_dim // 2,
            high_hz=min(7500.0, sample_rate / 2),
            n_fft=max(512, 1 << round(0.025 * sample_rate - 1).bit_length()),
            frame_multiple=2,
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """Takes (batch, samples); returns (batch, 128)."""
        picture = self.log_mel(waveform)[:, 0]
        return torch.cat([picture.mean(dim=2), picture.std(dim=2)], dim=1)
