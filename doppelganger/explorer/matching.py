"""A search for the parameters of an uploaded sound that the page watches while it runs."""

import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock, Thread
from typing import Any

import torch
from torch import Tensor

from doppelganger.explorer import pictures
from doppelganger.explorer.sounds import audio_synth_of
from doppelganger.explorer.state import SECONDS, Query, State, number, whole
from doppelganger.explorer.uploads import decode
from synths.files import encoding
from synths.matching import Search
from synths.matching.target import without_offset

LONGEST_S, MOST_STEPS = 4.0, 1000  # of a target, of a search
QUICK_S, QUICK_STEPS = 1.0, 50  # unless others are wanted
_QUIETEST, _ONSET = 1e-4, 1e-2  # of a target's peak; of its first sound, as a share of the peak
_LENGTHS = (SECONDS[0], LONGEST_S)
_N_TIMED = 10  # latest steps, whose mean time is that of a step to come


class Watched(Thread):
    """One search; the page shows its nearest sound after every step, and a stop keeps it.

    Args:
        state: synth, sample rate, seconds and seed.
        target: (n_samples,), at a peak of 1.
        steps: steps of the search.
    """

    def __init__(self, state: State, target: Tensor, steps: int):
        super().__init__(daemon=True)
        self.state, self.target, self.steps = state, target, steps
        self.stopped, self.step, self.started_s = False, 0, time.monotonic()
        self.times_s: list[float] = []  # when the random sounds, and each step, were done
        self.curve: list[float] = []  # distance of the nearest random sound, and of the nearest after each step
        self.best, self.theta, self.n_best = torch.zeros_like(target), torch.zeros(0), 0
        self.error, self.result = "", {}

    def run(self) -> None:
        try:
            search = Search(audio_synth_of(self.state), self.target[None], seed=self.state.seed)
            self._show(search)
            while self.step < self.steps and not self.stopped:
                search.advance()
                self._show(search)
                self.step += 1
            self.result = self._result(search)
        except Exception as error:  # a synth of another package raises anything
            self.error = str(error) or type(error).__name__

    def report(self, known: int) -> dict[str, Any]:
        """What the page shows now; `best` only where the page knows another one than the number `known`."""
        done, now = bool(self.result or self.error), time.monotonic()
        left_s = None if done else seconds_left(self.times_s, self.steps, now)
        answer = {"step": self.step, "steps": self.steps, "curve": list(self.curve), "n_best": self.n_best}
        answer |= {
            "elapsed_s": round(now - self.started_s, 1),
            "seconds_left": left_s,
            "done": done,
            "error": self.error,
        }
        if self.n_best != known:
            answer["best"] = _shown(self.best, self.state.sample_rate)
        return {**answer, **self.result}

    def _show(self, search: Search) -> None:
        if len(search.history) == 1 or search.history[-1] < search.history[-2]:
            found = search.best()
            self.theta, sound = found.theta, found.sound[0]
            unclipped = 1 / sound.abs().max()
            self.best = sound * found.gain.clamp(max=unclipped)  # at the target's level
            self.n_best += 1
        self.curve.append(round(float(search.history[-1]), 4))
        self.times_s.append(time.monotonic())

    def _result(self, search: Search) -> dict[str, Any]:
        space = search.synth.space
        values = space.to_physical(self.theta)[0].tolist()
        rows = [
            {"name": p.name, "value": value, "unit": p.unit, "meaning": p.doc}
            for p, value in zip(space, values, strict=True)
        ]
        named = tuple(sorted(zip(space.names, values, strict=True)))
        query = replace(self.state, values=named, delta=0.05).query()
        elapsed_s = round(time.monotonic() - self.started_s, 1)
        return {"parameters": rows, "query": query, "n_renders": search.n_renders, "elapsed_s": elapsed_s}


def seconds_left(times_s: Sequence[float], steps: int, now_s: float) -> float | None:
    """Seconds until a search is done, by its latest steps; None before the first one.

    Args:
        times_s: when the search began its first step, and when each step ended.
        steps: steps of the search.
        now_s: the time now.
    """
    latest = times_s[-_N_TIMED - 1 :]
    if len(latest) < 2:
        return None
    step_s = (latest[-1] - latest[0]) / (len(latest) - 1)
    return round(max(0.0, step_s * (steps + 1 - len(times_s)) - (now_s - latest[-1])), 1)


class Searches:
    """The page's search: a new one stops the one before."""

    def __init__(self):
        self._starting, self._number, self._search = Lock(), 0, None

    def start(self, query: Query, data: bytes) -> dict[str, Any]:
        """Start a search for an uploaded sound without its DC offset, from its first sound on, 40 dB below its loudest.

        Raises:
            ValueError: see `decode` and `State.read`; a silent target, one of less than 0.1 s, or a synth of pictures.
        """
        state = State.read(query)
        steps, most_s = whole(query, "steps", QUICK_STEPS, MOST_STEPS), number(query, "seconds", QUICK_S, _LENGTHS)
        sound, start = _from_onset(data, state.sample_rate)
        seconds = len(sound) / state.sample_rate
        kept_s = round(min(seconds, most_s), 3)
        state = State(state.synth, seed=state.seed, seconds=kept_s, sample_rate=state.sample_rate)
        n = audio_synth_of(state).n_samples
        sound = sound[:n]
        sound = torch.nn.functional.pad(sound, (0, n - len(sound)))
        peak = sound.abs().max()
        search = Watched(state, sound / peak, steps)
        with self._starting:
            if self._search:
                self._search.stopped = True
            self._number, self._search = self._number + 1, search
            search.start()
            started = self._number
        about = {"start_s": round(start / state.sample_rate, 3), "seconds": kept_s, "cut_s": round(seconds - kept_s, 3)}
        about |= {"sample_rate": state.sample_rate, "gain_db": round(-20 * float(peak.log10()), 1)}
        return {"search": started, **about, "target": _shown(search.target, state.sample_rate)}

    def report(self, query: Query) -> dict[str, Any]:
        """How far the search is; see `Watched.report`."""
        return self._of(query).report(whole(query, "known", 0, 2**31 - 1))

    def stop(self, query: Query) -> dict[str, Any]:
        """End the search after the step that it takes now; its nearest sound stays."""
        self._of(query).stopped = True
        return {}

    def wav(self, query: Query) -> bytes:
        """The target, with `target=1`, or the best sound so far."""
        search = self._of(query)
        sound = search.target if whole(query, "target", 0, 1) else search.best
        return encoding.encode(sound, search.state.sample_rate, "wav")

    def _of(self, query: Query) -> Watched:
        if self._search is None or whole(query, "search", 0, 2**31 - 1) != self._number:
            raise ValueError("search: it ended when another one, or the explorer, was started; drop the sound again")
        return self._search


def _from_onset(data: bytes, sample_rate: int) -> tuple[Tensor, int]:
    """An uploaded sound without its DC offset, (n_samples,), from the sample on that is its onset; that sample."""
    sound = torch.from_numpy(decode(data, sample_rate))
    sound = without_offset(sound[:, None], sample_rate)[:, 0]
    peak = sound.abs().max()
    if peak < _QUIETEST:
        raise ValueError("expected a sound; it is silent")
    start = int((sound.abs() >= _ONSET * peak).int().argmax())
    seconds = (len(sound) - start) / sample_rate
    if seconds < SECONDS[0]:
        raise ValueError(f"expected a sound of at least {SECONDS[0]:g} s; got {seconds:.2f} s")
    return sound[start:], start


def _shown(sound: Tensor, sample_rate: int) -> dict[str, Any]:
    return {"picture": pictures.spectrogram(sound, sample_rate), "outline": pictures.outline(sound)}
