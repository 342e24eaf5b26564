"""Embed the clips of a task, each only once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
import torch

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.embed import embed_clips
from doppelganger.embedding.identity import identity
from doppelganger.embedding.read_ahead import ahead, in_threads
from doppelganger.encoders import Encoder
from doppelganger.evaluation.cache import Damaged, EmbeddingCache
from doppelganger.evaluation.probe_task import Embeddings
from doppelganger.evaluation.task import Task
from synths.engines import Engine

_CLIPS_AT_ONCE = 64  # that an engine's process embeds
# Number and error of a clip; for each encoder its mean, frames, and layers or None.
_Clip: TypeAlias = tuple[int, str | None, list[tuple[np.ndarray, np.ndarray, np.ndarray | None]]]


def inputs_of(encoders: Mapping[str, Encoder]) -> dict[tuple[int, int, int], list[str]]:
    """Sample rate in Hz, shortest and longest window in samples -> names of the encoders that have them."""
    inputs: dict[tuple[int, int, int], list[str]] = {}
    for name, encoder in encoders.items():
        inputs.setdefault((encoder.sample_rate, encoder.window, encoder.max_window), []).append(name)
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
    groups: dict[str, _Group] = {}
    skipped: dict[int, str] = {}
    for (sample_rate, _, _), names in inputs_of(encoders).items():
        group = _Group({name: encoders[name] for name in names}, task.at(sample_rate), cache, device, layers)
        skipped |= group.fill(engine, strict, on_clip)
        groups |= dict.fromkeys(names, group)

    clips = np.array([clip for clip in range(len(task)) if clip not in skipped], dtype=int)
    reasons = [{"clip": task.clips[clip], "reason": reason} for clip, reason in sorted(skipped.items())]
    if not len(clips):
        first = f"{reasons[0]['clip']}: {reasons[0]['reason']}"
        raise ValueError(f"{task.name}: expected clips to evaluate; none of {len(task)} is usable ({first})")
    embeddings = {name: groups[name].recall(name, clips.tolist()) for name in encoders}
    for name, embedding in embeddings.items():
        bad = np.flatnonzero(~np.isfinite(embedding.mean).all(axis=1))
        if len(bad):
            raise ValueError(
                f"{task.name}: the {name.replace('_', ' ')} embedding of {len(bad)} clips is not finite, "
                f"{task.clips[int(clips[bad[0]])]} first; use a checkpoint of a training that did not diverge"
            )
    return embeddings, clips, reasons


@dataclass(frozen=True)
class _Group:
    """Encoders that take the same windows, a task at their sample rate, and where its embeddings are kept."""

    encoders: Mapping[str, Encoder]
    task: Task
    cache: EmbeddingCache
    device: str | torch.device
    layers: bool

    @cached_property
    def identities(self) -> dict[str, str]:
        return {name: identity(encoder) for name, encoder in self.encoders.items()}

    @cached_property
    def keys(self) -> list[str]:
        return list(in_threads(self.task.key, range(len(self.task))))

    def fill(self, engine: Engine | None, strict: bool, on_clip: Callable[[], None]) -> dict[int, str]:
        """Put the embeddings that are not cached yet into the cache; the reason of each clip that is unusable."""
        # Clips by the encoders whose embedding is not cached. Unusable clips are never cached.
        uncached: dict[tuple[str, ...], list[int]] = {}
        for clip, key in enumerate(self.keys):
            missing = tuple(name for name, of in self.identities.items() if not self.cache.has(of, key, self.layers))
            uncached.setdefault(missing, []).append(clip)
        for _ in uncached.pop((), ()):
            on_clip()
        skipped: dict[int, str] = {}
        for names, clips in uncached.items():
            embed = partial(_embedded, [self.encoders[n] for n in names], self.task.blocks, self.device, self.layers)
            for clip, error, embeddings in _in_parts(embed, clips, engine) if engine else embed(clips):
                if error and strict:
                    raise UnusableClip(f"{self.task.name}: {self.task.clips[clip]}: {error}")
                if error:
                    skipped[clip] = error
                for name, embedding in zip(names, embeddings, strict=False):
                    self.put(name, clip, *embedding)
                on_clip()
        return skipped

    def put(self, name: str, clip: int, mean: np.ndarray, frames: np.ndarray, layers: np.ndarray | None) -> None:
        encoder, key = self.identities[name], self.keys[clip]
        self.cache.put(encoder, key, mean, frames)
        if layers is not None:
            self.cache.put_layers(encoder, key, layers)

    def recall(self, name: str, clips: Sequence[int]) -> Embeddings:
        """The cached embeddings of an encoder; a clip whose row was damaged or deleted is embedded again."""
        encoder, keys = self.identities[name], [self.keys[clip] for clip in clips]

        def read(of_clip: Callable[[str, str], np.ndarray], row: int) -> np.ndarray:
            try:
                return of_clip(encoder, keys[row])
            except Damaged:
                self.embed_again(name, clips[row])
                return of_clip(encoder, keys[row])

        mean = np.stack([read(self.cache.mean, row) for row in range(len(keys))])
        of_all = blake2b("\n".join([encoder, *keys]).encode(), digest_size=16).hexdigest()
        layers = partial(read, self.cache.layers) if self.layers else None
        return Embeddings(mean, partial(read, self.cache.frames), of_all, layers, keys)

    def embed_again(self, name: str, clip: int) -> None:
        embedded = _embedded([self.encoders[name]], self.task.blocks, self.device, self.layers, [clip])
        ((_, error, embeddings),) = embedded
        if error:
            raise UnusableClip(f"{self.task.name}: {self.task.clips[clip]}: {error}")
        self.put(name, clip, *embeddings[0])


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
