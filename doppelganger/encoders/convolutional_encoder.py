"""ConvolutionalEncoder: a small network that keeps time and frequency apart until it pools over time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from doppelganger.encoders.encoder import SpectrogramEncoder
from doppelganger.encoders.frontends import FrontEnd, LogMel

MEAN, DEVIATION = -0.5, 2.8  # of the bank of configs/pretrained/small.yaml
_CHANNELS = 64
_BANDS_POOLED = 8  # three poolings by two


class ConvolutionalEncoder(SpectrogramEncoder):
    """BYOL-A's network: three convolutions, a small network on every frame, maximum plus mean over time.

    A frame of the last feature map is its 64 channels x (n_mels / 8) bands, flattened, so that no frequency is
    averaged away. A network of two layers makes `dim` numbers of it. With `with_convolutions`, the frame's own
    numbers stay beside them: they keep what the network has given up for the sake of its training.

    Args:
        frontend: waveform to spectrogram; none means `byol_a_log_mel`. Its number of bands is a multiple of 8.
        dim: width of the frame network.
        with_convolutions: keep the convolutions' flattened output in the embedding.
        dropout: between the two layers of the frame network, in training.
        window_s: see `SpectrogramEncoder`.

    Raises:
        ValueError: a number of bands that is no multiple of 8.

    Source: Niizumi et al., BYOL for Audio: Exploring Pre-trained General-purpose Audio Representations, IEEE/ACM
    TASLP 2023, section III-D and the public AudioNTT2020, whose weights have the same names. There the last frames
    of a spectrogram whose length is no multiple of 8 are dropped; here they are pooled among themselves.
    """

    def __init__(
        self,
        frontend: FrontEnd | None = None,
        dim: int = 512,
        with_convolutions: bool = True,
        dropout: float = 0.3,
        window_s: float = 1.0,
    ):
        super().__init__(frontend or byol_a_log_mel(), window_s)
        self.arguments["frontend"] = self.frontend
        n_bands = self.frontend.n_bands
        if n_bands % _BANDS_POOLED:
            raise ValueError(f"frontend: expected a multiple of {_BANDS_POOLED} bands; got {n_bands}")
        n_frame = _CHANNELS * n_bands // _BANDS_POOLED
        self.features = nn.Sequential(*_block(1), *_block(_CHANNELS), *_block(_CHANNELS))
        self.features.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.fc = nn.Sequential(nn.Linear(n_frame, dim), nn.ReLU(), nn.Dropout(dropout), nn.Linear(dim, dim), nn.ReLU())
        self.with_convolutions = with_convolutions
        self.embedding_dim = dim + n_frame * with_convolutions

    def embed_spectrogram(self, spectrogram: Tensor) -> Tensor:
        return _pool(self.frames(spectrogram))

    def frames(self, spectrogram: Tensor) -> Tensor:
        """Frames before pooling: spectrogram (batch, 1, n_bands, n_frames) to (batch, ceil(n_frames / 8), dim)."""
        features = self.features(spectrogram.contiguous(memory_format=torch.channels_last))
        flat = features.permute(0, 3, 2, 1).flatten(2)  # (batch, n_columns, bands x channels)
        return torch.cat([flat, self.fc(flat)], dim=2) if self.with_convolutions else self.fc(flat)

    def embed_with_frames(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        frames = self.frames(self.spectrogram(waveform))
        return _pool(frames), frames


def byol_a_log_mel() -> LogMel:
    """BYOL-A's log-mel of sounds at their own peak, with twice its hop: half of the frames cost half of the time."""
    return LogMel(
        low_hz=60.0,
        high_hz=7800.0,
        frame_s=0.064,
        hop_s=0.020,
        n_fft=1024,
        frame_multiple=1,
        normalize_peak=True,
        mean=MEAN,
        deviation=DEVIATION,
    )


def _block(n_channels: int) -> list[nn.Module]:
    return [
        nn.Conv2d(n_channels, _CHANNELS, 3, padding=1),
        nn.BatchNorm2d(_CHANNELS),
        # The paper has ReLU before the pooling; the result is the same, at a quarter of the numbers.
        nn.MaxPool2d(2, ceil_mode=True),
        nn.ReLU(),
    ]


def _pool(frames: Tensor) -> Tensor:
    return frames.amax(dim=1) + frames.mean(dim=1)
