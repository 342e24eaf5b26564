"""Frames, and windows by layer, of all clips of a probe task."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from doppelganger.evaluation.heads import divisors
from doppelganger.evaluation.probe_task import ProbeTask

_MOST_FRAMES, _MOST_WINDOWS = 32, 8
_BLOCK = 256  # clips
_HALF_PRECISION = 1e-3  # of a number: smaller differences may be rounding


def standardised_frames(probe_task: ProbeTask) -> Callable[[np.ndarray], Tensor]:
    """Training clips -> frames of all clips, standardised on those of the training clips.

    Clips of more than 32 frames are averaged down to 32.

    Returns:
        a function to (n_clips, most frames of a clip, width), those beyond a clip's end NaN.
    """
    frames = _padded([probe_task.embeddings.frames(row) for row in range(len(probe_task.labels))], _MOST_FRAMES)

    def standardised(fit: np.ndarray) -> Tensor:
        present = frames[fit].flatten(0, 1)
        present = present[~present[:, 0].isnan()]
        spread = present.std(dim=0, correction=0).numpy()
        return (frames - present.mean(dim=0)) / torch.from_numpy(divisors(spread))

    return standardised


class StandardisedLayers:
    """Windows by layer, (n_clips, most windows of a clip, n_layers, dim), standardised on the training clips.

    Clips of more than 8 windows are averaged down to 8. Half precision, and standardised as they are read: they are
    as many times larger than embeddings as there are layers.

    Args:
        layers: (n_clips, most windows, n_layers, dim), those beyond a clip's end NaN.
        fit: training clips.
    """

    def __init__(self, layers: Tensor, fit: np.ndarray):
        self.layers, self.shape = layers, layers.shape
        n, total, squares = 0, torch.zeros(layers.shape[2:], dtype=torch.float64), 0.0
        for rows in torch.from_numpy(fit).split(_BLOCK):
            present = layers[rows].flatten(0, 1).double()
            present = present[~present[:, 0, 0].isnan()]
            n, total, squares = n + len(present), total + present.sum(dim=0), squares + present.square().sum(dim=0)
        self.mean = (total / n).float()
        spread = (squares / n - (total / n).square()).clamp(min=0).sqrt().float()
        least = torch.from_numpy(np.stack([divisors(layer) for layer in spread.numpy()]))
        self.spread = least.maximum(_HALF_PRECISION * self.mean.abs())

    def __getitem__(self, rows: Tensor) -> Tensor:
        return (self.layers[rows].float() - self.mean) / self.spread


def layers_of(probe_task: ProbeTask) -> Tensor:
    """Input of `StandardisedLayers`; a clip's embedding is its only layer where none were embedded."""
    by_layer = probe_task.embeddings.layers or (lambda row: probe_task.embeddings.mean[None, row : row + 1])
    windows = (by_layer(row).swapaxes(0, 1) for row in range(len(probe_task.labels)))
    clips = [clip.astype(np.float16) for clip in windows]
    return _padded([clip.reshape(len(clip), -1) for clip in clips], _MOST_WINDOWS).unflatten(2, clips[0].shape[1:])


def _padded(clips: list[np.ndarray], most: int) -> Tensor:
    """Clips (n, dim) of at most that many rows, longer ones averaged down: (n_clips, rows of the longest, dim)."""

    def shortened(clip: Tensor) -> Tensor:
        if len(clip) <= most:
            return clip
        return nn.functional.adaptive_avg_pool1d(clip.float().T, most).T.to(clip.dtype)

    tokens = [shortened(torch.from_numpy(clip)) for clip in clips]
    return nn.utils.rnn.pad_sequence(tokens, batch_first=True, padding_value=torch.nan)
