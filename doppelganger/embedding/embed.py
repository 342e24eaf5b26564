"""Embed sounds of any length: one embedding per sound, and one per frame."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.windows import windows_of
from doppelganger.encoders import Encoder
from synths.files.plain_data import reason

_BATCH = 128  # windows of the shortest length; fewer of longer ones

Name = TypeVar("Name")


@dataclass
class ClipEmbeddings(Generic[Name]):
    """The embeddings of one clip by one or more encoders.

    Args:
        name: the clip's name.
        sums: for each encoder, the sum of its embeddings of all windows, float64 (dim,).
        n_windows: number of windows.
        windows: for each window, for each encoder, its frames (n_frames, width), and, with `layers`, its layers
            (n_layers, dim); nothing where frames are not asked for.
        n_samples: length of the clip, in samples at the encoders' sample rate.
        error: reason why the clip could not be read; the embeddings are then incomplete.
    """

    name: Name
    sums: list[np.ndarray] = field(default_factory=list)
    n_windows: int = 0
    windows: list[list[tuple[Tensor, ...]]] = field(default_factory=list)
    n_samples: int = 0
    error: UnusableClip | None = None

    @property
    def problem(self) -> str | None:
        """Why its first embedding cannot be used: the clip could not be read, or the embedding is not finite."""
        if self.error:
            return str(self.error)
        return None if np.isfinite(self.mean()).all() else "its embedding is not finite"

    def add(self, embeddings: Sequence[np.ndarray], window: list[tuple[Tensor, ...]] | None) -> None:
        """Add a window: its embedding by each encoder, and what is kept of it."""
        sums = self.sums or [np.zeros(())] * len(embeddings)
        self.sums = [np.add(total, new, dtype=np.float64) for total, new in zip(sums, embeddings, strict=True)]
        self.n_windows += 1
        if window is not None:
            self.windows.append(window)

    def mean(self, encoder: int = 0) -> np.ndarray:
        """The mean over the windows, float32 (dim,)."""
        return (self.sums[encoder] / self.n_windows).astype(np.float32)

    def frames(self, encoder: int = 0) -> np.ndarray:
        """The frames of all windows in order, float32 (n_frames, width)."""
        return torch.cat([window[encoder][0] for window in self.windows]).numpy()

    def layers(self, encoder: int = 0) -> np.ndarray:
        """The layers of all windows in order, float32 (n_layers, n_windows, dim)."""
        return torch.stack([window[encoder][1] for window in self.windows], dim=1).numpy()


def embed_clips(
    encoders: Sequence[Encoder],
    clips: Iterable[tuple[Name, Iterable[np.ndarray]]],
    device: str | torch.device = "cpu",
    frames: bool = False,
    layers: bool = False,
) -> Iterator[ClipEmbeddings[Name]]:
    """Embed clips with one or more encoders, batching windows of several clips.

    Memory is bounded, whatever the length of a clip, unless frames or layers are kept.

    Args:
        encoders: encoders with one `window` and one `max_window`.
        clips: a name and the waveform in blocks, mono (n_samples,), at the encoders' sample rate. A sound longer than
            `max_window` is cut into windows, a sound shorter than `window` is padded with zeros; see `windows_of`.
        device: the encoders' device.
        frames: whether to keep the frames.
        layers: whether to keep the frames and the layers, which runs each encoder twice.

    Yields:
        the embeddings of each clip, in order; `error` is set where a block raised `UnusableClip`.

    Raises:
        ValueError: encoders whose windows differ in length.
    """
    sizes = {(encoder.window, encoder.max_window) for encoder in encoders}
    if len(sizes) != 1:
        raise ValueError(f"expected encoders with one window and one max_window; got {sorted(sizes)} samples")
    ((shortest, longest),) = sizes
    pending: deque[tuple[ClipEmbeddings[Name], int]] = deque()  # clips not yielded yet, and their number of windows
    waiting: list[tuple[ClipEmbeddings[Name], np.ndarray]] = []  # windows not embedded yet

    def embed_waiting() -> None:
        for length in sorted({len(window) for _, window in waiting}):
            alike = [(clip, window) for clip, window in waiting if len(window) == length]
            batch = torch.from_numpy(np.stack([window for _, window in alike])).to(device)
            with torch.inference_mode():
                embeddings = [_embedded(encoder, batch, layers) for encoder in encoders]
            means = [parts[0].numpy() for parts in embeddings]
            for i, (clip, _) in enumerate(alike):
                kept = [tuple(part[i] for part in parts[1:]) for parts in embeddings] if frames or layers else None
                clip.add([mean[i] for mean in means], kept)
        waiting.clear()

    for name, blocks in clips:
        clip, n_windows = ClipEmbeddings(name), 0
        try:
            for window in chain.from_iterable(windows_of(_counted(blocks, clip), longest, shortest)):
                n_windows += 1
                waiting.append((clip, window))
                if sum(len(window) for _, window in waiting) >= _BATCH * shortest:
                    embed_waiting()
        except UnusableClip as error:
            clip.error = error
        pending.append((clip, n_windows))
        while pending and (pending[0][0].error or pending[0][0].n_windows == pending[0][1]):
            yield pending.popleft()[0]
    embed_waiting()
    yield from (clip for clip, _ in pending)


def _embedded(encoder: Encoder, batch: Tensor, layers: bool) -> list[Tensor]:
    """Embeddings, frames and, with `layers`, layers of a batch of windows, float32 on the CPU."""
    try:
        parts = [*encoder.embed_with_frames(batch), *([encoder.embed_layers(batch)] if layers else [])]
    except ValueError:
        raise
    except Exception as error:  # an encoder of another package, or with arguments that do not fit, raises anything
        name = type(encoder).__name__
        raise ValueError(f"{name} failed on windows of {batch.shape[1]} samples: {reason(error)}") from error
    return [part.float().cpu() for part in parts]


def _counted(blocks: Iterable[np.ndarray], clip: ClipEmbeddings[Name]) -> Iterator[np.ndarray]:
    """The blocks of a clip, whose samples are counted as they are read."""
    for block in blocks:
        clip.n_samples += len(block)
        yield block
