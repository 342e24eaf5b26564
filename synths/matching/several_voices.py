"""The best of several voices: all start, and those that are nearer go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from torch import Tensor

from synths.finding import built_in
from synths.instrument import Instrument
from synths.matching.search import Match, Search
from synths.matching.tune import tuned
from synths.synth import AudioSynth

# The share of the steps after which only the nearer half of the voices goes on.
_ROUND = 1 / 10


def voices() -> list[str]:
    """Names of the voices that "auto" tries: those of `VoiceBank`."""
    return [name for name, cls in built_in(Instrument).items() if cls.in_bank]


def best_of(
    synths: Mapping[str, AudioSynth],
    target: Tensor,
    *,
    pitch: Tensor | None = None,
    steps: int = 300,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
    **options: int,
) -> tuple[str, Match]:
    """Match one target with the voice that comes nearest.

    All voices begin; after every tenth of the steps the nearer half of them goes on, until one is left.

    Args:
        synths: voices by name, of one sample rate and length.
        target: (1, n_samples), see `match`.
        pitch: (1,), see `match`.
        steps: moves of each survivor of the voice that is left in the end.
        progress: wraps the steps.
        options: n_starts, n_survivors, seed and noise_of, see `match`; n_starts is of each voice.

    Returns:
        name of the voice, and its match, with the renders of all voices counted.

    Raises:
        ValueError: more than one target, no voice, or as `match`.
        ImportError: as `match`.
    """
    if len(target) != 1 or not synths:
        raise ValueError(f"expected one target and at least one synth; got {len(target)} and {len(synths)}")
    searches = {name: Search(synth, target, pitch=pitch, **options) for name, synth in synths.items()}
    left, round_ = list(searches), max(1, round(steps * _ROUND))
    for step in progress(range(steps)):
        if step % round_ == 0 and step:
            left = _nearest(searches, left, -(-len(left) // 2))
        for name in left:
            searches[name].advance()
    (name,) = _nearest(searches, left, 1)
    search = searches[name]
    found = search.best() if pitch is None else tuned(search, pitch)
    others = sum(other.n_renders for other in searches.values() if other is not search)
    return name, replace(found, n_renders=found.n_renders + others)


def _nearest(searches: Mapping[str, Search], names: list[str], n: int) -> list[str]:
    return sorted(names, key=lambda name: float(searches[name].history[-1]))[:n]
