"""Adapters: our encoders in the evaluation kits of others. One kit a file; none needs its kit to be imported.

What they share is here: encoders hear windows of one length, kits give sounds of any.
"""

import os
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from doppelganger.embedding.windows import cut, pad_end, pad_half_windows, starts_side_by_side
from doppelganger.encoders import Encoder
from doppelganger.finding import find_encoder

VARIABLE = "DOPPELGANGER_ENCODER"
_BATCH = 128  # windows heard at once


def encoder_named(name: str = "") -> Encoder:
    """The encoder at a path, or else the one that the environment variable DOPPELGANGER_ENCODER names.

    Raises:
        ValueError: neither is given.
        FileNotFoundError, ValueError: see `find_encoder`.
    """
    name = name or os.environ.get(VARIABLE, "")
    if not name:
        raise ValueError(f"expected an encoder; set {VARIABLE} to an exported folder or a checkpoint")
    return find_encoder(name).eval()


def embed_sounds(encoder: Encoder, waveform: Tensor) -> Tensor:
    """Each sound's embedding as evaluation makes it.

    The mean over windows side by side, the last one moved back to end where the sound ends.

    Args:
        waveform: (batch, n_samples), of any length; less than a window is padded with zeros.

    Returns:
        float32 (batch, embedding_dim).
    """
    waveform = pad_end(waveform, encoder.window).float()
    starts = starts_side_by_side(waveform.shape[1], encoder.window)
    total = sum(
        encoder(windows).unflatten(0, (len(waveform), -1)).sum(1) for windows in _batches(encoder, waveform, starts)
    )
    return torch.as_tensor(total).float() / len(starts)


def embed_frames(encoder: Encoder, waveform: Tensor) -> Tensor:
    """The frames of windows side by side, from the start of each sound to its end.

    Args:
        waveform: (batch, n_samples), of any length; the last window is padded with zeros.

    Returns:
        float32 (batch, n_frames, embedding_dim), `frames_per_window` of them a window.
    """
    n_samples = waveform.shape[1]
    waveform = pad_end(waveform, -(-n_samples // encoder.window) * encoder.window).float()
    starts = starts_side_by_side(waveform.shape[1], encoder.window)
    parts = [
        encoder.embed_with_frames(windows)[1].unflatten(0, (len(waveform), -1)).flatten(1, 2)
        for windows in _batches(encoder, waveform, starts)
    ]
    frames = torch.cat(parts, dim=1).float()
    per_window = frames.shape[1] // len(starts)
    return frames[:, : -(-n_samples * per_window // encoder.window)]


def embed_moments(encoder: Encoder, waveform: Tensor, hop: int) -> Tensor:
    """The embedding of the window around each of many moments, beyond the sound's ends of zeros.

    Args:
        waveform: (batch, n_samples), of any length.
        hop: from one moment to the next, in samples; the first is the start of the sound.

    Returns:
        float32 (batch, n_moments, embedding_dim), a moment for every hop in the sound and one at its start.
    """
    padded = pad_half_windows(waveform, encoder.window)
    moments = range(0, waveform.shape[1] + 1, hop)
    parts = [
        encoder(windows).unflatten(0, (len(waveform), -1)) for windows in _batches(encoder, padded, moments)
    ]
    return torch.cat(parts, dim=1).float()


@torch.no_grad()
def frames_per_window(encoder: Encoder) -> int:
    """How many frames `embed_frames` gives a window."""
    return encoder.embed_with_frames(torch.zeros(1, encoder.window))[1].shape[1]


def _batches(encoder: Encoder, waveform: Tensor, starts: Sequence[int]) -> Iterator[Tensor]:
    """Windows (batch * n_windows, window), sound by sound, some starts at a time, so that not all are copied at once."""
    n = max(_BATCH // len(waveform), 1)
    for i in range(0, len(starts), n):
        yield cut(waveform, starts[i : i + n], encoder.window).flatten(0, 1)
