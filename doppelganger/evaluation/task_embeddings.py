"""Embed the clips of a task, each only once."""

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b

import numpy as np
import torch

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.embed import ahead, embed_clips, in_threads
from doppelganger.encoders import Encoder
from doppelganger.evaluation.cache import Damaged, EmbeddingCache, identity
from doppelganger.evaluation.probe_task import Embeddings
from doppelganger.evaluation.task import Task


def inputs_of(encoders: Mapping[str, Encoder]) -> dict[tuple[int, int], list[str]]:
    """Sample rate in Hz and window in samples -> names of the encoders that have them."""
    inputs: dict[tuple[int, int], list[str]] = {}
    for name, encoder in encoders.items():
        inputs.setdefault((encoder.sample_rate, encoder.window), []).append(name)
    return inputs


def embed(
    encoders: Mapping[str, Encoder],
    task: Task,
    *,
    cache: EmbeddingCache | None = None,
    device: str | torch.device = "cpu",
    strict: bool = False,
    layers: bool = False,
    on_clip: Callable[[], None] = lambda: None,
) -> tuple[dict[str, Embeddings], np.ndarray, list[dict[str, str]]]:
    """Embed a task's clips with several encoders, reading each clip once per `inputs_of`; cached clips are not read.

    Args:
        encoders: name -> encoder.
        task: see `Task`.
        cache: cache of embeddings; None for a temporary one.
        device: device of the encoders.
        strict: raise at the first unusable clip instead of skipping it.
        layers: whether to embed each layer of the encoders too.
        on_clip: callback per clip and one of `inputs_of`, for a progress bar.

    Returns:
        name -> embeddings of the clips that every encoder can use; the numbers of these clips, (n_used,); and the
        skipped clips, each with its `clip` name and `reason`.

    Raises:
        UnusableClip: with `strict`.
        ValueError: no usable clip, or an embedding that is not finite.
    """
    cache = cache or EmbeddingCache()
    identities = {name: identity(encoder) for name, encoder in encoders.items()}
    keys: dict[str, list[str]] = {}
    skipped: dict[int, str] = {}
    for (sample_rate, _), names in inputs_of(encoders).items():
        at_rate = task.at(sample_rate)
        at_rate_keys = list(in_threads(at_rate.key, range(len(task))))
        keys |= dict.fromkeys(names, at_rate_keys)
        group = {name: encoders[name] for name in names}
        skipped |= _fill(cache, group, identities, at_rate, at_rate_keys, device, strict, layers, on_clip)

    clips = np.array([clip for clip in range(len(task)) if clip not in skipped], dtype=int)
    reasons = [{"clip": task.clips[clip], "reason": reason} for clip, reason in sorted(skipped.items())]
    if not len(clips):
        first = f"{reasons[0]['clip']}: {reasons[0]['reason']}"
        raise ValueError(f"{task.name}: expected clips to evaluate; none of {len(task)} is usable ({first})")
    embeddings = {}
    for name, encoder in encoders.items():
        numbers, of = [int(clip) for clip in clips], [keys[name][clip] for clip in clips]
        options = {"device": device, "layers": layers}
        again = partial(_again, cache, identities[name], encoder, task.at(encoder.sample_rate), numbers, of, **options)
        embeddings[name] = _recall(cache, identities[name], of, layers, again)
    for name, embedding in embeddings.items():
        bad = np.flatnonzero(~np.isfinite(embedding.mean).all(axis=1))
        if len(bad):
            raise ValueError(
                f"{task.name}: the {name.replace('_', ' ')} embedding of {len(bad)} clips is not finite, "
                f"{task.clips[int(clips[bad[0]])]} first; use a checkpoint of a training that did not diverge"
            )
    return embeddings, clips, reasons


def _fill(
    cache: EmbeddingCache,
    encoders: Mapping[str, Encoder],
    identities: Mapping[str, str],
    task: Task,
    keys: list[str],
    device: str | torch.device,
    strict: bool,
    layers: bool,
    on_clip: Callable[[], None],
) -> dict[int, str]:
    """Put the embeddings that are not cached yet into the cache; the reason of each clip that is unusable."""
    # Clips grouped by the encoders whose embedding is not cached. Unusable clips are never cached.
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, key in enumerate(keys):
        missing = tuple(name for name in encoders if not cache.has(identities[name], key, layers))
        groups.setdefault(missing, []).append(number)
    for _ in groups.pop((), ()):
        on_clip()
    skipped: dict[int, str] = {}
    for missing, numbers in groups.items():
        missing_encoders = [encoders[name] for name in missing]
        for clip in embed_clips(missing_encoders, ahead(task.blocks, numbers), device, layers):
            if clip.error and strict:
                raise UnusableClip(f"{task.name}: {task.clips[clip.name]}: {clip.error}")
            if clip.error:
                skipped[clip.name] = str(clip.error)
            else:
                for i, name in enumerate(missing):
                    cache.put(identities[name], keys[clip.name], clip.mean(i), clip.frames(i))
                    if layers:
                        cache.put_layers(identities[name], keys[clip.name], clip.layers(i))
            on_clip()
    return skipped


def _again(
    cache: EmbeddingCache,
    identity: str,
    encoder: Encoder,
    task: Task,
    numbers: list[int],
    keys: list[str],
    row: int,
    *,
    device: str | torch.device,
    layers: bool,
) -> None:
    """Embed one clip again, whose row of the cache was damaged or deleted while it was in use."""
    (clip,) = embed_clips([encoder], [(row, task.blocks(numbers[row]))], device, layers)
    if clip.error:
        raise UnusableClip(f"{task.name}: {task.clips[numbers[row]]}: {clip.error}")
    cache.put(identity, keys[row], clip.mean(), clip.frames())
    if layers:
        cache.put_layers(identity, keys[row], clip.layers())


def _recall(
    cache: EmbeddingCache, encoder: str, keys: list[str], layers: bool, again: Callable[[int], None]
) -> Embeddings:
    def read(of_clip: Callable[[str, str], np.ndarray], row: int) -> np.ndarray:
        try:
            return of_clip(encoder, keys[row])
        except Damaged:
            again(row)
            return of_clip(encoder, keys[row])

    mean = np.stack([read(cache.mean, row) for row in range(len(keys))])
    of_all = blake2b("\n".join([encoder, *keys]).encode(), digest_size=16).hexdigest()
    return Embeddings(mean, partial(read, cache.frames), of_all, partial(read, cache.layers) if layers else None)
