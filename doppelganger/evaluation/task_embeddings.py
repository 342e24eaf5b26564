"""The embeddings of a task's clips, worked out once."""

from collections.abc import Callable, Mapping
from hashlib import blake2b

import numpy as np
import torch

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.embed import ahead, embed_clips, in_threads
from doppelganger.encoders import Encoder
from doppelganger.evaluation.cache import EmbeddingCache, identity
from doppelganger.evaluation.probe_task import Embeddings
from doppelganger.evaluation.task import Task


def embed(
    encoders: Mapping[str, Encoder],
    task: Task,
    *,
    cache: EmbeddingCache | None = None,
    device: str | torch.device = "cpu",
    strict: bool = False,
    on_clip: Callable[[], None] = lambda: None,
) -> tuple[dict[str, Embeddings], np.ndarray, list[dict[str, str]]]:
    """Embed a task's clips with several encoders, each clip read once, and never again if the cache has it.

    Args:
        encoders: by name; all hear windows of the same length.
        task: at the encoders' sample rate.
        cache: where embeddings are kept; none keeps them for this process.
        device: where the encoders are.
        strict: stop at the first clip that cannot be used, instead of leaving it out.
        on_clip: called once a clip, for a progress bar.

    Returns:
        name -> embeddings of the clips used; the numbers of these clips, (n_used,); and the clips left
        out, each with its `clip` name and `reason`.

    Raises:
        UnusableClip: with `strict`.
        ValueError: no usable clip, or an embedding that is not finite.
    """
    cache = cache or EmbeddingCache()
    identities = {name: identity(encoder) for name, encoder in encoders.items()}
    keys = list(in_threads(task.key, range(len(task))))
    # Clips by who has not heard them: what cannot be used is kept by nobody.
    by_ears: dict[tuple[str, ...], list[int]] = {}
    for clip, key in enumerate(keys):
        ears = tuple(name for name, of in identities.items() if not cache.has(of, key))
        by_ears.setdefault(ears, []).append(clip)
    for _ in by_ears.pop((), ()):
        on_clip()

    skipped: dict[int, str] = {}
    for ears, new in by_ears.items():
        for heard in embed_clips([encoders[name] for name in ears], ahead(task.blocks, new), device):
            if heard.error and strict:
                raise UnusableClip(f"{task.name}: {task.clips[heard.name]}: {heard.error}")
            if heard.error:
                skipped[heard.name] = str(heard.error)
            else:
                for i, name in enumerate(ears):
                    cache.put(identities[name], keys[heard.name], heard.mean(i), heard.frames(i))
            on_clip()

    clips = np.array([clip for clip in range(len(task)) if clip not in skipped], dtype=int)
    reasons = [{"clip": task.clips[clip], "reason": reason} for clip, reason in sorted(skipped.items())]
    if not len(clips):
        first = f"{reasons[0]['clip']}: {reasons[0]['reason']}"
        raise ValueError(f"{task.name}: expected clips to evaluate; none of {len(task)} is usable ({first})")
    embeddings = {name: _recall(cache, of, [keys[clip] for clip in clips]) for name, of in identities.items()}
    for name, embedding in embeddings.items():
        bad = np.flatnonzero(~np.isfinite(embedding.mean).all(axis=1))
        if len(bad):
            raise ValueError(
                f"{task.name}: the {name.replace('_', ' ')} embedding of {len(bad)} clips is not finite, "
                f"{task.clips[int(clips[bad[0]])]} first; use a checkpoint of a training that did not diverge"
            )
    return embeddings, clips, reasons


def _recall(cache: EmbeddingCache, encoder: str, keys: list[str]) -> Embeddings:
    mean = np.stack([cache.mean(encoder, key) for key in keys])
    of_all = blake2b("\n".join([encoder, *keys]).encode(), digest_size=16).hexdigest()
    return Embeddings(mean, lambda row: cache.frames(encoder, keys[row]), of_all)
