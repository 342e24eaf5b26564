"""Adapters for other evaluation kits, one per file; importing one does not need its kit.

Shared code: kits pass sounds of any length, encoders take windows of one length.
"""

import os
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from doppelganger.embedding.windows import cut, pad_end, pad_half_windows, starts_side_by_side
from doppelganger.encoders import Encoder
from doppelganger.finding import find_encoder

VARIABLE = "DOPPELGANGER_ENCODER"
_BATCH = 128  # windows in one forward pass


def encoder_named(name: str = "") -> Encoder:
    """The encoder at a path, or, without a path, at that in the environment variable DOPPELGANGER_ENCODER.

    Raises:
        ValueError: neither is given.
        FileNotFoundError, ValueError: see `find_encoder`.
    """
    name = name or os.environ.get(VARIABLE, "")
    if not name:
        raise ValueError(f"expected an encoder; set {VARIABLE} to an exported folder or a checkpoint")
    return find_encoder(name).eval()


def embed_sounds(encoder: Encoder, waveform: Tensor) -> Tensor:
    """Embedding of a sound, of a long one the mean over windows side by side, as in `evaluate`.

    Args:
        waveform: (batch, n_samples), any length; see `embed_clips`.

    Returns:
        float32 (batch, embedding_dim).
    """
    waveform = pad_end(waveform, encoder.window).float()
    size = min(waveform.shape[1], encoder.max_window)
    starts = starts_side_by_side(waveform.shape[1], size)
    total = sum(
        encoder(windows).unflatten(0, (len(waveform), -1)).sum(1)
        for windows in _batches(waveform, starts, size, encoder.window)
    )
    return torch.as_tensor(total).float() / len(starts)


def embed_frames(encoder: Encoder, waveform: Tensor) -> Tensor:
    """Frame embeddings of windows side by side, from the start of each sound to its end.

    Args:
        waveform: (batch, n_samples), any length; the last window is padded with zeros.

    Returns:
        float32 (batch, n_frames, frame_dim), `frames_per_window` frames per window.
    """
    n_samples = waveform.shape[1]
    waveform = pad_end(waveform, -(-n_samples // encoder.window) * encoder.window).float()
    starts = starts_side_by_side(waveform.shape[1], encoder.window)
    parts = [
        encoder.embed_with_frames(windows)[1].unflatten(0, (len(waveform), -1)).flatten(1, 2)
        for windows in _batches(waveform, starts, encoder.window, encoder.window)
    ]
    frames = torch.cat(parts, dim=1).float()
    per_window = frames.shape[1] // len(starts)
    return frames[:, : -(-n_samples * per_window // encoder.window)]


def embed_moments(encoder: Encoder, waveform: Tensor, hop: int) -> Tensor:
    """Embedding of the window centred on each of many moments; beyond its ends the sound is padded with zeros.

    Args:
        waveform: (batch, n_samples), any length.
        hop: time between two moments, in samples; the first moment is the start of the sound.

    Returns:
        float32 (batch, n_moments, embedding_dim), with n_moments = n_samples // hop + 1.
    """
    padded = pad_half_windows(waveform, encoder.window)
    moments = range(0, waveform.shape[1] + 1, hop)
    parts = [
        encoder(windows).unflatten(0, (len(waveform), -1))
        for windows in _batches(padded, moments, encoder.window, encoder.window)
    ]
    return torch.cat(parts, dim=1).float()


@torch.no_grad()
def frames_per_window(encoder: Encoder) -> int:
    """Number of frames per window of `embed_frames`."""
    return encoder.embed_with_frames(torch.zeros(1, encoder.window))[1].shape[1]


def _batches(waveform: Tensor, starts: Sequence[int], size: int, shortest: int) -> Iterator[Tensor]:
    """Windows (batch * n_windows, size), sound by sound, at once at most about the samples of 128 of the shortest."""
    n = max(_BATCH * shortest // size // len(waveform), 1)
    for i in range(0, len(starts), n):
        yield cut(waveform, starts[i : i + n], size).flatten(0, 1)
