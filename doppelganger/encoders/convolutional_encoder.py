"""ConvolutionalEncoder: a small network that keeps time and frequency apart until it pools over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain, pairwise

import torch
from torch import Tensor, nn

from doppelganger.encoders.encoder import SpectrogramEncoder, stack_layers
from doppelganger.encoders.frontends import FrontEnd, LogMel
from doppelganger.encoders.time_pooling import Statistic, TimePooling

_N_BLOCKS = 3
_BANDS_POOLED = 2**_N_BLOCKS
_MAX_WINDOW_S = 10.0


class ConvolutionalEncoder(SpectrogramEncoder):
    """BYOL-A's network: three blocks of convolutions, a small network on every frame, statistics over time.

    A frame of a feature map is its channels x bands, flattened, so that no frequency is averaged away. The
    embedding holds each statistic of `pooling` over the frames of each block of `blocks`, and over those of the frame
    network. A frame of block 1, 2 and 3 is 2, 4 and 8 hops of the spectrogram long, one of the frame network 8.

    Args:
        frontend: waveform to spectrogram; none means `byol_a_log_mel`. Its number of bands is a multiple of 8.
        dim: width of the frame network, two layers on the frames of block 3; None for no such network.
        blocks: numbers of the blocks of convolutions, 1 to 3, that are part of the embedding.
        pooling: statistics over time, see `TimePooling`.
        dropout: between the two layers of the frame network, in training.
        window_s: see `SpectrogramEncoder`.
        channels: of each convolution.
        depth: number of convolutions in a block, before it halves bands and frames; one number, or one for each block.
            A convolution costs four times as much as one in the next block.
        max_window_s: see `SpectrogramEncoder`; None for 10 s, or `window_s` if that is longer.

    Raises:
        ValueError: a number of bands that is no multiple of 8; unknown blocks or statistics; neither blocks nor `dim`;
            fewer than one channel or convolution; numbers of convolutions that are not three.

    Source: Niizumi et al., BYOL for Audio: Exploring Pre-trained General-purpose Audio Representations, IEEE/ACM
    TASLP 2023, section III-D and the public AudioNTT2020, whose weights have the same names. There the last frames
    of a spectrogram whose length is no multiple of 8 are dropped; here they are pooled among themselves.
    """

    def __init__(
        self,
        frontend: FrontEnd | None = None,
        dim: int | None = 512,
        blocks: Sequence[int] = (3,),
        pooling: Sequence[Statistic] = ("max+mean",),
        dropout: float = 0.3,
        window_s: float = 1.0,
        channels: int = 64,
        depth: int | Sequence[int] = 1,
        max_window_s: float | None = None,
    ):
        if max_window_s is None:
            max_window_s = max(_MAX_WINDOW_S, window_s)
        super().__init__(frontend or byol_a_log_mel(), window_s, max_window_s)
        self.arguments["frontend"] = self.frontend
        n_bands = self.frontend.n_bands
        if n_bands % _BANDS_POOLED:
            raise ValueError(f"frontend: expected a multiple of {_BANDS_POOLED} bands; got {n_bands}")
        if list(blocks) != sorted(set(blocks) & set(range(1, 1 + _N_BLOCKS))) or not (dim or blocks):
            raise ValueError(f"blocks: expected some of 1, 2 and 3, in rising order, or a dim; got {list(blocks)}")
        depths = [depth] * _N_BLOCKS if isinstance(depth, int) else list(depth)
        if len(depths) != _N_BLOCKS:
            raise ValueError(f"depth: expected one number, or {_N_BLOCKS}, one for each block; got {depths}")
        if channels < 1 or min(depths) < 1:
            raise ValueError(f"channels and depth: expected at least 1 each; got {channels} and {depth}")
        built = [_block(n, channels, d) for n, d in zip((1, channels, channels), depths, strict=True)]
        self.features = nn.Sequential(*chain.from_iterable(built))
        self._ends = list(accumulate(len(block) for block in built))
        self.features.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        widths = {n: channels * n_bands // 2**n for n in range(1, 1 + _N_BLOCKS)}
        self.fc = _frame_network(widths[_N_BLOCKS], dim, dropout) if dim else None
        self.blocks = list(blocks)
        self.pooling = TimePooling(pooling, [widths[n] for n in self.blocks] + [dim] * bool(dim))
        self.embedding_dim = self.pooling.embedding_dim
        self.frame_s = _BANDS_POOLED * self.frontend.hop_s  # a block pools frames as it pools bands

    @property
    def frame_dim(self) -> int:
        return self.embedding_dim // len(self.pooling.statistics)

    def embed_spectrogram(self, spectrogram: Tensor) -> Tensor:
        return self.pooling(self.frames(spectrogram))

    def layers(self) -> Sequence[nn.Module]:
        return [*self._convolutions(), *([self.fc] if self.fc else []), self.pooling]

    def embed_with_frames(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """The embedding (batch, embedding_dim), and frames of 8 hops: (batch, n_frames, frame_dim)."""
        frames = self.frames(self.spectrogram(waveform))
        n_faster = [2 ** (_N_BLOCKS - n) for n in (*self.blocks, *[_N_BLOCKS] * bool(self.fc))]
        # The mean of the frames in the time of one of block 3; the last ones may be fewer.
        slowest = [
            nn.functional.avg_pool1d(each.mT, n, ceil_mode=True).mT for each, n in zip(frames, n_faster, strict=True)
        ]
        return self.pooling(frames), torch.cat(slowest, dim=2)

    def embed_layers(self, waveform: Tensor) -> Tensor:
        """The statistics of all three blocks and of the frame network: (batch, 3 or 4, widest of them)."""
        frames = self.frames(self.spectrogram(waveform), range(1, 1 + _N_BLOCKS))
        return stack_layers([self.pooling.pool_any(each) for each in frames])

    def frames(self, spectrogram: Tensor, blocks: Sequence[int] | None = None) -> list[Tensor]:
        """What is pooled: of each block, then of the frame network, (batch, n_frames, width).

        Args:
            spectrogram: (batch, 1, n_bands, n_frames).
            blocks: numbers of blocks; None for those of the embedding.
        """
        blocks = self.blocks if blocks is None else blocks
        features, found = spectrogram.contiguous(memory_format=torch.channels_last), []
        flat = features
        for n, block in enumerate(self._convolutions(), start=1):
            features = block(features)
            flat = features.permute(0, 3, 2, 1).flatten(2)  # (batch, n_frames, bands x channels)
            if n in blocks:
                found.append(flat)
        return [*found, self.fc(flat)] if self.fc else found

    def _convolutions(self) -> Sequence[nn.Module]:
        """The three blocks: slices of one sequence, since BYOL-A numbers its weights through all of them."""
        return [self.features[start:end] for start, end in pairwise([0, *self._ends])]


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
        mean=-0.5,  # these two of the bank of configs/pretrained/small.yaml
        deviation=2.8,
    )


def _block(n_inputs: int, n_channels: int, depth: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for n in (n_inputs, *[n_channels] * (depth - 1)):
        layers += [nn.Conv2d(n, n_channels, 3, padding=1), nn.BatchNorm2d(n_channels), nn.ReLU()]
    # The paper has ReLU before the pooling; the result is the same, at a quarter of the numbers.
    return [*layers[:-1], nn.MaxPool2d(2, ceil_mode=True), layers[-1]]


def _frame_network(n_inputs: int, dim: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_inputs, dim), nn.ReLU(), nn.Dropout(dropout), nn.Linear(dim, dim), nn.ReLU())
