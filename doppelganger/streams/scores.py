"""Windows of scores, played by an instrument, in the form of a synth."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from doppelganger.streams.score_causes import CAUSES
from doppelganger.streams.score_files import read_scores
from synths.dsp import chance
from synths.notes.limiter import limit
from synths.notes.note_synth import NoteSynth, bucket
from synths.notes.notes import Notes
from synths.parameters import Parameter, ParameterSpace
from synths.procedural.scene import PlannedEvents
from synths.synth import AudioSynth

_MOST = 1 << 22  # theta in single precision tells this many windows apart
_BLOCK = 1 << 19  # samples that are rendered at once on a CPU
_ROUNDING_S = 1e-6  # sums of lengths differ by less, so that a note may seem to outlast the beat on which it ends


class Scores(AudioSynth):
    """Music as training data: theta chooses a window of a score, and the patch that plays it.

    So every stream, data module and objective takes scores, and a `SynthBank` mixes them with other synths. The two
    views of a pair play the same notes with two patches: a perturbation leaves a choice as it is. Labels hold the
    notes as events, whose source is the pitch: what `EventDetection` learns from them is transcription.

    A score is cut into windows that overlap by half; those without a note are left out. A note sounds as long as it is
    held and through its release, from before a window into it too. Drums (channel 10), pitch wheels, pans and volumes
    have no effect. The mix goes through `limit`.

    Args:
        scores: path of a folder of MIDI files, or scores as tables of rows (onset_s, seconds, pitch, velocity). Files
            without notes, or that cannot be read, are named once and left out.
        voice: instrument that plays; its length does not matter. The parameters that a note sets are not in theta.
        seconds: length of a window.
        kwargs: `distribution` and `ranges`, see `Synth`.

    Raises:
        ValueError: no scores with notes, more than 4,194,304 windows, or a voice that plays no pitches.

    Gradient: flows to the patch; 0 through the choice of the window.
    """

    causes = CAUSES

    def __init__(
        self,
        scores: str | Path | Sequence[Sequence[Sequence[Any]]],
        voice: NoteSynth,
        *,
        seconds: float = 1.0,
        **kwargs: Any,
    ):
        if not isinstance(voice, NoteSynth) or not voice.keys.pitch:
            raise ValueError(f"voice: expected an instrument with a keyboard; got {type(voice).__name__}")
        self.scores = read_scores(scores)
        self.windows = [
            (number, start_s) for number, notes in enumerate(self.scores) for start_s in window_starts(notes, seconds)
        ]
        if not 0 < len(self.windows) <= _MOST:
            raise ValueError(f"scores: expected 1 to {_MOST} windows with notes; got {len(self.windows)}")
        keys = voice.keys
        self._own = [i for i in range(len(voice.space)) if i not in {*keys.pitch, *keys.held}]
        choice = Parameter("window", 0, len(self.windows), "choice", doc="which window, in the order of the scores")
        space = ParameterSpace([choice, *(voice.space[i] for i in self._own)], voice.space.revision)
        super().__init__(space, sample_rate=voice.sample_rate, seconds=seconds, **kwargs)
        self.voice = voice
        self._longest_release_s = keys.longest_release_s
        held = [self._held(number, start_s) for number, start_s in self.windows]
        self.n_events = max(int(each.sum()) for each in held)

    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        patch = self.voice.space.middle(physical).repeat(len(physical), 1)
        patch = patch.index_copy(1, torch.tensor(self._own, device=patch.device), physical[:, 1:])
        row_of, start_s, notes, noise = self._notes(physical, key)
        mixed = torch.zeros(len(physical), self.n_samples, dtype=dtype, device=physical.device)
        n_samples = self.voice.keys.n_samples(patch[row_of], notes, self.sample_rate)
        alike: dict[int, list[int]] = defaultdict(list)
        for i, n in enumerate(n_samples.tolist()):
            if (notes.onset_s[i] - start_s[i]) * self.sample_rate + n > 0:  # else its release ends before the window
                alike[bucket(n, self.sample_rate)].append(i)
        for length, group in sorted(alike.items()):
            rows = max(1, _BLOCK // length) if physical.device.type == "cpu" else len(group)
            for some in torch.tensor(group, device=physical.device).split(rows):
                sounds = self.voice.notes_from_onset(patch[row_of[some]], notes[some], noise[some], dtype)
                mixed = self._added(mixed, sounds, row_of[some], notes.onset_s[some] - start_s[some])
        return limit(mixed[:, None], self.sample_rate)[:, 0]

    def render_physical(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        return self.synthesize(physical, key, dtype)  # which has blocks of its own

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: notes have many lengths."""

    def events(self, theta: Tensor) -> PlannedEvents:
        """The notes that are held in each window, see `Scene.events`; the source is the pitch, 0 to 127."""
        times = torch.zeros(2, len(theta), self.n_events, dtype=torch.float64)
        source = torch.zeros(len(theta), self.n_events, dtype=torch.int64)
        active = torch.zeros(len(theta), self.n_events, dtype=torch.bool)
        for row, (notes, start_s) in enumerate(self._held_notes(self.space.to_physical(theta))):
            n = len(notes)
            times[0, row, :n] = (notes.onset_s - start_s).clamp_min(0)
            times[1, row, :n] = (notes.onset_s + notes.seconds - start_s).clamp_max(self.seconds)
            source[row, :n] = notes.pitch.round().long()
            active[row, :n] = True
        return PlannedEvents(*(x.to(theta.device) for x in (*times, source, active)))

    def levels_db(self, physical: Tensor) -> Tensor:
        """Levels of the events by their velocities, in dB: (batch, n_events)."""
        levels_db = torch.zeros(len(physical), self.n_events, dtype=torch.float64)
        for row, (notes, _) in enumerate(self._held_notes(physical)):
            levels_db[row, : len(notes)] = self.voice.touch.level_db * self.voice.touch.share(notes.velocity)
        return levels_db.to(physical.device)

    def _held_notes(self, physical: Tensor) -> list[tuple[Notes, float]]:
        """The notes that are held in the window of each row, and where the window starts in s."""
        chosen = [self.windows[i] for i in self._chosen(physical)]
        return [(self.scores[number][self._held(number, start_s)], start_s) for number, start_s in chosen]

    def _held(self, number: int, start_s: float, release_s: float = 0.0) -> Tensor:
        """Which notes of a score are held, or in their release, in the window from start_s on: bool (n_notes,)."""
        return is_held(self.scores[number], start_s - release_s, start_s + self.seconds)

    def _notes(self, physical: Tensor, key: Tensor) -> tuple[Tensor, Tensor, Notes, Tensor]:
        """The notes of all rows: their rows, the starts of their windows in s, themselves, and their noise keys."""
        rows, starts_s, parts, noise = [], [], [], []
        for row, i in enumerate(self._chosen(physical)):
            number, start_s = self.windows[i]
            (which,) = self._held(number, start_s, self._longest_release_s).nonzero(as_tuple=True)
            notes = self.scores[number][which]
            rows.append(torch.full_like(which, row))
            starts_s.append(torch.full_like(notes.onset_s, start_s))
            parts.append(notes)
            noise.append(chance.another(key[row], which.to(key.device) + 1))
        notes = Notes.joined(parts).to(physical.device)
        return torch.cat(rows).to(key.device), torch.cat(starts_s).to(key.device), notes, torch.cat(noise)

    def _added(self, mixed: Tensor, sounds: Tensor, row_of: Tensor, onset_s: Tensor) -> Tensor:
        """The windows with sounds (n_notes, n) at their onsets, of which a part may fall outside."""
        start = (onset_s * self.sample_rate).round().long()
        at = start[:, None] + torch.arange(sounds.shape[1], device=sounds.device)
        inside = (at >= 0) & (at < self.n_samples)
        at = at.clamp(0, self.n_samples - 1) + row_of[:, None] * self.n_samples
        return mixed.flatten().index_add(0, at.flatten(), (sounds * inside).flatten()).view_as(mixed)

    def _chosen(self, physical: Tensor) -> list[int]:
        return physical[:, 0].detach().long().clamp(0, len(self.windows) - 1).tolist()


def window_starts(notes: Notes, seconds: float) -> list[float]:
    """Starts in s of the windows of a score in which a note is held: every half of a window."""
    step_s = seconds / 2
    n_steps = int((notes.onset_s + notes.seconds).max() / step_s) + 1
    starts = [i * step_s for i in range(n_steps)]
    return [start_s for start_s in starts if is_held(notes, start_s, start_s + seconds).any()]


def is_held(notes: Notes, start_s: float, end_s: float) -> Tensor:
    """Which notes are held between two times, for more than a rounding error: bool (n_notes,)."""
    return (notes.onset_s < end_s - _ROUNDING_S) & (notes.onset_s + notes.seconds > start_s + _ROUNDING_S)
