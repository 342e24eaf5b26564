"""Embedding: clips of any length in, one vector a clip out."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn

from doppelganger.evaluation.task import Task, UnusableClip

_BATCH = 128  # windows
_READERS = 4
_AHEAD = 64  # clips read before they are needed; bounds the memory


def windows_of(waveform: Tensor, size: int) -> Tensor:
    """Cut a clip into windows side by side, the last one moved back to end where the clip ends.

    Args:
        waveform: (samples,), at least one. A clip shorter than a window is padded with zeros.
        size: of a window, in samples.

    Returns:
        (windows, size); every sample is in one of them.
    """
    if len(waveform) <= size:
        return nn.functional.pad(waveform, (0, size - len(waveform)))[None]
    windows = waveform.unfold(0, size, size)
    return windows if len(waveform) % size == 0 else torch.cat([windows, waveform[None, -size:]])


def embed(
    encoders: Mapping[str, nn.Module],
    task: Task,
    window: int,
    *,
    device: str | torch.device = "cpu",
    strict: bool = False,
    on_clip: Callable[[], None] = lambda: None,
) -> tuple[dict[str, np.ndarray], np.ndarray, list[dict[str, str]]]:
    """Embed a task's clips with several encoders, reading each clip once.

    A clip's embedding is the mean over its windows, see `windows_of`.

    Args:
        encoders: name -> waveform (batch, window) to embedding (batch, embedding_dim).
        task: at the encoders' sample rate.
        window: length of what the encoders hear at once, in samples.
        device: where the encoders are.
        strict: stop at the first clip that cannot be used, instead of leaving it out.
        on_clip: called once a clip, for a progress bar.

    Returns:
        name -> float32 (n_used, embedding_dim); the numbers of the clips used, (n_used,); and the
        clips left out, each with its `clip` name and `reason`.

    Raises:
        UnusableClip: with `strict`.
        ValueError: no usable clip, or an embedding that is not finite.
    """
    sums: dict[str, Tensor] = {}
    n_windows = torch.zeros(len(task))
    skipped: list[dict[str, str]] = []

    def cut_clips() -> Iterator[tuple[int, Tensor]]:
        for clip, waveform in enumerate(_in_threads(lambda i: _load(task, i), range(len(task)))):
            if isinstance(waveform, UnusableClip):
                if strict:
                    raise UnusableClip(f"{task.name}: {task.clips[clip]}: {waveform}")
                skipped.append({"clip": task.clips[clip], "reason": str(waveform)})
            else:
                yield clip, windows_of(torch.from_numpy(waveform), window)
            on_clip()

    for owners, windows in _batches(cut_clips()):
        n_windows.index_add_(0, owners, torch.ones(len(owners)))
        windows = windows.to(device)
        for name, encoder in encoders.items():
            embedding = _forward(encoder, windows)
            sums.setdefault(name, torch.zeros(len(task), embedding.shape[1])).index_add_(0, owners, embedding)

    used = n_windows > 0
    if not used.any():
        raise ValueError(f"{task.name}: expected clips to evaluate; none of {len(task)} is usable ({_first(skipped)})")
    embeddings = {name: (total[used] / n_windows[used, None]).numpy() for name, total in sums.items()}
    clips = used.nonzero().flatten().numpy()
    for name, embedding in embeddings.items():
        bad = np.flatnonzero(~np.isfinite(embedding).all(axis=1))
        if len(bad):
            raise ValueError(
                f"{task.name}: the {name.replace('_', ' ')} embedding of {len(bad)} clips is not finite, "
                f"{task.clips[int(clips[bad[0]])]} first; use a checkpoint of a training that did not diverge"
            )
    return embeddings, clips, skipped


@torch.inference_mode()
def _forward(encoder: nn.Module, windows: Tensor) -> Tensor:
    return encoder(windows).float().cpu()


def _load(task: Task, clip: int) -> np.ndarray | UnusableClip:
    try:
        return task.load(clip)
    except UnusableClip as error:
        return error


def _in_threads(function: Callable, items: Iterable) -> Iterator:
    """`map` in parallel threads, in order, a bounded number of items ahead."""
    items = iter(items)
    with ThreadPoolExecutor(_READERS) as pool:
        waiting = deque(pool.submit(function, item) for item in islice(items, _AHEAD))
        try:
            while waiting:
                result = waiting.popleft().result()
                for item in islice(items, 1):
                    waiting.append(pool.submit(function, item))
                yield result
        finally:
            pool.shutdown(cancel_futures=True)


def _batches(clips: Iterable[tuple[int, Tensor]]) -> Iterator[tuple[Tensor, Tensor]]:
    """Windows of many clips, `_BATCH` at a time, each with the number of the clip it is from."""
    owners: list[Tensor] = []
    windows: list[Tensor] = []
    n_waiting = 0
    for clip, cut in clips:
        for part in cut.split(_BATCH):
            owners.append(torch.full((len(part),), clip))
            windows.append(part)
            n_waiting += len(part)
            if n_waiting >= _BATCH:
                yield torch.cat(owners), torch.cat(windows)
                owners, windows, n_waiting = [], [], 0
    if windows:
        yield torch.cat(owners), torch.cat(windows)


def _first(skipped: Sequence[dict[str, str]]) -> str:
    return f"{skipped[0]['clip']}: {skipped[0]['reason']}"
