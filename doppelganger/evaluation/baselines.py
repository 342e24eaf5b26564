"""What an encoder has to beat without having learned anything."""

import torch
from torch import Tensor

from doppelganger.encoders import Encoder
from doppelganger.encoders.frontends import LogMel

_FRAMES = 3  # a window: as many as a ResNet18 sees in one second of VGGish's picture


class LogMelStatistics(Encoder):
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
        """Waveform (batch, n_samples) to mean and deviation of each band (batch, 128)."""
        return _statistics(self.log_mel(waveform)[:, 0])

    def embed_with_frames(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        picture = self.log_mel(waveform)[:, 0]
        # At least two columns a frame, so that there is a deviation.
        n_frames = min(_FRAMES, picture.shape[2] // 2)
        frames = [_statistics(part) for part in picture.tensor_split(n_frames, dim=2)]
        return _statistics(picture), torch.stack(frames, dim=1)


def _statistics(picture: Tensor) -> Tensor:
    return torch.cat([picture.mean(dim=2), picture.std(dim=2)], dim=1)


def with_baselines(encoder: Encoder, seed: int = 0) -> dict[str, Encoder]:
    """An encoder beside what it has to beat: itself with random weights, and log-mel statistics."""
    encoders: dict[str, Encoder] = {"trained": encoder}
    if isinstance(encoder, LogMelStatistics):
        return encoders
    return encoders | {
        "random": encoder.untrained(seed + 1),  # of a mere name, the encoder itself has those of 0
        "log_mel": LogMelStatistics(encoder.sample_rate, encoder.window_s),
    }
