"""Embed the clips of a task, each only once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
import torch

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.embed import ahead, embed_clips, in_threads
from doppelganger.embedding.identity import identity
from doppelganger.encoders import Encoder
from doppelganger.evaluation.cache import Damaged, EmbeddingCache
from doppelganger.evaluation.probe_task import Embeddings
from doppelganger.evaluation.task import Task
from synths.engines import Engine

_CLIPS_AT_ONCE = 64  # that an engine's process embeds
# Number and error of a clip; for each encoder its mean, frames, and layers or None.
_Clip: TypeAlias = tuple[int, str | None, list[tuple[np.ndarray, np.ndarray, np.ndarray | None]]]


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
    engine: Engine | None = None,
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
        engine: where clips are embedded; None for this process.
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
        skipped |= _fill(cache, group, identities, at_rate, at_rate_keys, device, strict, layers, engine, on_clip)

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
    engine: Engine | None,
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
        embed = partial(_embedded, [encoders[name] for name in missing], task.blocks, device, layers)
        for clip, error, embeddings in _in_parts(embed, numbers, engine) if engine else embed(numbers):
            if error and strict:
                raise UnusableClip(f"{task.name}: {task.clips[clip]}: {error}")
            if error:
                skipped[clip] = error
            for name, (mean, frames, of_layers) in zip(missing, embeddings, strict=False):
                cache.put(identities[name], keys[clip], mean, frames)
                if of_layers is not None:
                    cache.put_layers(identities[name], keys[clip], of_layers)
            on_clip()
    return skipped


def _embedded(
    encoders: Sequence[Encoder],
    blocks: Callable[[int], Iterable[np.ndarray]],
    device: str | torch.device,
    layers: bool,
    numbers: Sequence[int],
) -> Iterator[_Clip]:
    for clip in embed_clips(encoders, ahead(blocks, numbers), device, frames=True, layers=layers):
        if clip.error:
            yield clip.name, str(clip.error), []
            continue
        yield (
            clip.name,
            None,
            [(clip.mean(i), clip.frames(i), clip.layers(i) if layers else None) for i in range(len(encoders))],
        )


def _in_parts(embed: Callable[[Sequence[int]], Iterator[_Clip]], numbers: list[int], engine: Engine) -> Iterator[_Clip]:
    parts = [numbers[first : first + _CLIPS_AT_ONCE] for first in range(0, len(numbers), _CLIPS_AT_ONCE)]
    with closing(engine(partial(_listed, embed), parts)) as done:
        for clips in done:
            yield from clips


def _listed(embed: Callable[[Sequence[int]], Iterator[_Clip]], numbers: Sequence[int]) -> list[_Clip]:
    return list(embed(numbers))


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
    (clip,) = embed_clips([encoder], [(row, task.blocks(numbers[row]))], device, frames=True, layers=layers)
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
