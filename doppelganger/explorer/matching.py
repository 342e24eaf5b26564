"""A search for the parameters of an uploaded sound that the page watches while it runs."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from threading import Lock, Thread
from typing import Any

import torch
from torch import Tensor

from doppelganger.explorer import pictures
from doppelganger.explorer.sounds import audio_synth_of
from doppelganger.explorer.state import SECONDS, Query, State, synths, whole
from doppelganger.explorer.uploads import decode
from synths import files
from synths.matching import match
from synths.synth import AudioSynth

LONGEST_S, MOST_STEPS = 4.0, 1000  # of a target, of a search
_QUIETEST = 1e-4  # of a target's peak


class _Stopped(Exception):
    """The page needs no more steps."""


class Search(Thread):
    """One search; it keeps the sound with the smallest difference so far, for the page and for a stop.

    Args:
        state: synth, sample rate, seconds and seed.
        target: (n_samples,), at a peak of 1.
        steps: steps of the search.
    """

    def __init__(self, state: State, target: Tensor, steps: int):
        super().__init__(daemon=True)
        self.state, self.target, self.steps = state, target, steps
        self.stopped, self.step, self.started_s = False, 0, time.monotonic()
        self.curve: list[float] = []  # smallest difference after the random sounds and after each step, in dB
        self.best, self.theta, self.n_best, self.n_renders = torch.zeros_like(target), None, 0, 0
        self.error, self.result = "", {}
        self._levels_db = pictures.levels_db(target, state.sample_rate)
        self._least_db = float("inf")

    def run(self) -> None:
        try:
            synth = _new(self.state)
            render = synth.render

            def watched(theta: Tensor, *args: Any, **kwargs: Any) -> Tensor:
                sounds = render(theta, *args, **kwargs)
                self._watch(theta.detach(), sounds.detach())
                return sounds

            synth.render = watched  # `match` shows no sounds before its end
            try:
                options = {"steps": self.steps, "seed": self.state.seed, "progress": self._counted}
                found = match(synth, self.target[None], **options)
                self.best, self.theta, self.n_best = found.sound[0].detach(), found.theta, self.n_best + 1
            except _Stopped:
                if self.theta is None:
                    raise ValueError("stopped before the first sound") from None
            self.result = self._result(synth, self.theta)
        except Exception as error:  # a synth of another package raises anything
            self.error = str(error) or type(error).__name__

    def report(self, known: int) -> dict[str, Any]:
        """What the page shows now; `best` only where the page knows another one than the number `known`."""
        done = bool(self.result or self.error)
        elapsed_s = time.monotonic() - self.started_s
        left_s = elapsed_s / self.step * (self.steps - self.step) if self.step else None
        answer = {"step": self.step, "steps": self.steps, "curve": list(self.curve), "n_best": self.n_best}
        answer |= {"seconds_left": None if left_s is None or done else round(left_s), "done": done, "error": self.error}
        if self.n_best != known:
            answer["best"] = _shown(self.best, self.state.sample_rate)
        return {**answer, **self.result}

    def _counted(self, steps: Iterable[int]) -> Iterator[int]:
        for step in steps:
            self.step = step
            self.curve.append(round(self._least_db, 3))
            yield step
        self.step = self.steps
        self.curve.append(round(self._least_db, 3))

    def _watch(self, theta: Tensor, sounds: Tensor) -> None:
        if self.stopped:
            raise _Stopped
        self.n_renders += len(sounds)
        differences_db = torch.cat([self._difference_db(block) for block in sounds.split(16)])
        row = int(differences_db.argmin())
        if differences_db[row] < self._least_db:
            self.best, self.theta, self._least_db = (
                sounds[row].clone(),
                theta[row : row + 1],
                float(differences_db[row]),
            )
            self.n_best += 1

    def _difference_db(self, sounds: Tensor) -> Tensor:
        """Mean difference of mel spectrograms (batch,), of levels within 80 dB of the target's loudest, in dB."""
        floor = self._levels_db.max() - pictures.RANGE_DB
        levels_db = pictures.levels_db(sounds, self.state.sample_rate)
        return (levels_db.clamp_min(floor) - self._levels_db.clamp_min(floor)).abs().mean(dim=(1, 2))

    def _result(self, synth: AudioSynth, theta: Tensor) -> dict[str, Any]:
        values = synth.space.to_physical(theta)[0].tolist()
        rows = [
            {"name": p.name, "value": value, "unit": p.unit, "meaning": p.doc}
            for p, value in zip(synth.space, values, strict=True)
        ]
        named = tuple(sorted(zip(synth.space.names, values, strict=True)))
        query = replace(self.state, values=named, delta=0.05).query()
        last_db = round(float(self._difference_db(self.best[None])[0]), 3)
        elapsed_s = round(time.monotonic() - self.started_s, 1)
        shown = {"parameters": rows, "query": query, "last_db": last_db}
        return {**shown, "n_renders": self.n_renders, "elapsed_s": elapsed_s}


class Searches:
    """The page's search: a new one stops the one before."""

    def __init__(self):
        self._starting, self._number, self._search = Lock(), 0, None

    def start(self, query: Query, data: bytes) -> dict[str, Any]:
        """Start a search for an uploaded sound.

        Raises:
            ValueError: see `decode` and `State.read`; a silent target, one of less than 0.1 s, or a synth of pictures.
        """
        state = State.read(query)
        steps = whole(query, "steps", 150, MOST_STEPS)
        sound = torch.from_numpy(decode(data, state.sample_rate))
        seconds = len(sound) / state.sample_rate
        if seconds < SECONDS[0]:
            raise ValueError(f"expected a sound of at least {SECONDS[0]:g} s; got {seconds:.2f} s")
        kept_s = round(min(seconds, LONGEST_S), 3)
        state = State(state.synth, seed=state.seed, seconds=kept_s, sample_rate=state.sample_rate)
        n = audio_synth_of(state).n_samples
        sound = torch.nn.functional.pad(sound[:n], (0, max(0, n - len(sound))))
        peak = sound.abs().max()
        if peak < _QUIETEST:
            raise ValueError(f"expected a sound; the first {kept_s:g} s are silent")
        search = Search(state, sound / peak, steps)
        with self._starting:
            if self._search:
                self._search.stopped = True
            self._number, self._search = self._number + 1, search
            search.start()
            number = self._number
        about = {"seconds": kept_s, "cut_s": round(seconds - kept_s, 3), "gain_db": round(-20 * float(peak.log10()), 1)}
        return {"search": number, **about, "target": _shown(search.target, state.sample_rate)}

    def report(self, query: Query) -> dict[str, Any]:
        """How far the search is; see `Search.report`."""
        return self._of(query).report(whole(query, "known", 0, 2**31 - 1))

    def stop(self, query: Query) -> dict[str, Any]:
        """End the search after the sounds that it renders now; its best sound stays."""
        self._of(query).stopped = True
        return {}

    def wav(self, query: Query) -> bytes:
        """The target, with `target=1`, or the best sound so far."""
        search = self._of(query)
        sound = search.target if whole(query, "target", 0, 1) else search.best
        return files.encode(sound, search.state.sample_rate, "wav")

    def _of(self, query: Query) -> Search:
        if self._search is None or whole(query, "search", 0, 2**31 - 1) != self._number:
            raise ValueError("search: another search was started, or the explorer; drop the sound again")
        return self._search


def _new(state: State) -> AudioSynth:
    """A synth of its own: that of `synth_of` also renders for the other tabs."""
    return synths()[state.synth](sample_rate=state.sample_rate, seconds=state.seconds)  # pyright: ignore


def _shown(sound: Tensor, sample_rate: int) -> dict[str, Any]:
    return {"picture": pictures.spectrogram(sound, sample_rate), "outline": pictures.outline(sound)}
