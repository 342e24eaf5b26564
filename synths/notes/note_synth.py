"""NoteSynth: a synth that plays notes."""

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

import torch
from torch import Tensor

from synths import presets
from synths.modules.module import Module
from synths.notes.keys import Keys
from synths.notes.notes import Notes
from synths.notes.pitch import HIGHEST
from synths.notes.touch import Touch
from synths.parameters import ParameterSpace
from synths.synth import AudioSynth, require_key

_SHORTEST_BUCKET_S = 0.25
_MOST = 1 << 31  # samples

# Times since the notes began in s (n,) -> semitones (n_notes, n).
Bend = Callable[[Tensor], Tensor]


class NoteSynth(AudioSynth):
    """A synth of modules in slots, of which keyboards take notes. A subclass says by its `touch` how it answers."""

    makes = "notes"
    touch = Touch()
    rack: Mapping[str, Module]

    @abstractmethod
    def perform(
        self, physical: Tensor, key: Tensor, dtype: torch.dtype, n_samples: int, bend: Bend | None = None
    ) -> Tensor:
        """`synthesize` in any length, with a pitch wheel: (batch, n_samples)."""

    @cached_property
    def keys(self) -> Keys:
        """The columns of theta that a note sets."""
        return Keys(self.rack, self.touch, default_release_s=self.seconds)

    def note(
        self,
        pitch: str | float,
        velocity: float = 100.0,
        seconds: float = 1.0,
        *,
        preset: str | None = None,
        theta: Tensor | None = None,
        key: Tensor | None = None,
    ) -> Tensor:
        """One note.

        Args:
            pitch: a name such as "C4" or "Bb2", a MIDI note number, or "440 Hz"; see `notes.midi_pitch`.
            velocity: from 1 to 127; at 100 the knobs are as theta sets them, see `Touch`.
            seconds: how long the key is held.
            preset, theta, key: see `play_notes`.

        Returns:
            (n_samples,): the time the key is held, the longest release that theta sets times ``touch.rings``, and 20 ms
            more. Within [-1, 1] up to velocity 100, and beyond by up to ``touch.level_db * 27 / 127`` dB above.

        Raises:
            ValueError: see `play_notes`.
        """
        notes = Notes.of(pitch, velocity, 0.0, seconds)
        if len(notes) != 1:
            raise ValueError(f"expected one note; got {len(notes)}: play_notes takes several")
        return self.play_notes(notes, theta, preset=preset, key=key)[0]

    def play_notes(
        self, notes: Notes, theta: Tensor | None = None, *, preset: str | None = None, key: Tensor | None = None
    ) -> Tensor:
        """Notes, each a sound of its own; their sum over the batch, through `notes.limit`, is a chord or a tune.

        Args:
            notes: the notes. Every keyboard of the instrument plays them; an instrument without one, such as a drum,
                keeps its pitch and its length.
            theta: (n_notes, n_parameters) or (1, n_parameters) in [0, 1]; None: the middle of all ranges.
            preset: ranges of which to take the middle, see `presets.read`; not with theta.
            key: int64 (n_notes,), noise keys; None: the number of the note.

        Returns:
            (n_notes, n_samples), each note at its onset, up to the end of the last, on the device of theta.

        Raises:
            ValueError: values outside their ranges, no notes, or a preset that does not fit.

        Gradient: flows to theta and to the columns of notes; 0 through onsets.
        """
        if not len(notes):
            raise ValueError("expected at least one note; got none")
        if theta is None:
            theta, space = torch.full((1, len(self.space)), 0.5), self.preset_space(preset)
        elif preset is not None:
            raise ValueError("expected theta or a preset; got both")
        else:
            space = self.space
        space.check(theta, "theta")
        notes = notes.to(theta.device)
        if key is None:
            key = torch.arange(len(notes), device=theta.device)
        if len(theta) not in (1, len(notes)):
            raise ValueError(
                f"expected a row of theta for all notes or for each of {len(notes)}; got {len(theta)} rows"
            )
        require_key(key, len(notes))
        physical = space.to_physical(theta)
        end_s = float((notes.onset_s + self.keys.length_s(physical, notes)).detach().max())
        if end_s * self.sample_rate >= _MOST:
            raise ValueError(f"expected notes that end before 2^31 samples; got {end_s:g} s at {self.sample_rate} Hz")
        dtype = torch.float64 if theta.dtype == torch.float64 else torch.float32
        sounds = self.notes_from_onset(physical, notes, key, dtype)
        return placed(sounds, notes.onset_s, self.sample_rate)

    def preset_space(self, preset: str | None) -> ParameterSpace:
        """The parameters, their ranges narrowed by a preset, see `presets.read`."""
        if preset is None:
            return self.space
        return self.space.narrow(presets.read(self.short_name(), preset, self.space.origin))

    def notes_from_onset(
        self,
        physical: Tensor,
        notes: Notes,
        key: Tensor,
        dtype: torch.dtype = torch.float32,
        bend: Bend | None = None,
    ) -> Tensor:
        """The sound of each note from its onset on, silent after its own length.

        Notes are rendered in one of few lengths, see `bucket`, and cropped: the start of a sound does not depend on
        its length.

        Args:
            physical: (1 or n_notes, n_parameters) float64, in each parameter's unit.
            notes: the notes; their onsets are not used.
            key: int64 (n_notes,), noise keys.
            dtype: of the result.
            bend: pitch wheel, see `Bend`. An instrument that cannot bend takes its value at the onset.

        Returns:
            (n_notes, n_samples), as long as the longest note.
        """
        if bend is not None and not self.touch.bends:
            at_onset = bend(torch.zeros(1, dtype=torch.float64, device=physical.device))[:, 0]
            notes, bend = replace(notes, pitch=(notes.pitch + at_onset).clamp(0, HIGHEST)), None
        length_s = self.keys.length_s(physical, notes)
        n_samples = self.keys.n_samples(physical, notes, self.sample_rate)
        physical = self.keys.set(physical, notes)
        longest = int(n_samples.max())
        bend = bend if self.keys.pitch else None
        with torch.autocast(physical.device.type, enabled=False):
            sound = self.perform(physical, key, dtype, bucket(longest, self.sample_rate), bend)[:, :longest]
        sound = sound * self.keys.gain(notes).to(dtype)[:, None]
        if self.touch.gated:
            time_s = torch.arange(longest, dtype=torch.float64, device=sound.device) / self.sample_rate
            fade = (length_s[:, None] - time_s) / (length_s - notes.seconds)[:, None]
            sound = sound * fade.clamp(0, 1).to(dtype)
        return sound * (torch.arange(longest, device=sound.device) < n_samples[:, None])


def placed(sounds: Tensor, onset_s: Tensor, sample_rate: int) -> Tensor:
    """Sounds (n_notes, n) at their onsets: (n_notes, n_samples)."""
    start = (onset_s.detach() * sample_rate).round().long()
    n = int(start.max()) + sounds.shape[1]
    at = start[:, None] + torch.arange(sounds.shape[1], device=sounds.device)
    return sounds.new_zeros(len(sounds), n).scatter(1, at, sounds)


def bucket(n_samples: int, sample_rate: int) -> int:
    """The next of the lengths that notes are rendered in: a quarter of a second times 1, 1.5, 2, 3, 4, 6, ..."""
    shortest = max(1, math.ceil(_SHORTEST_BUCKET_S * sample_rate))
    octave = shortest << max(0, math.ceil(n_samples / shortest) - 1).bit_length()
    smaller = octave * 3 // 4
    return smaller if smaller >= n_samples and smaller >= shortest else octave
