"""Pitches by name, and tables of notes."""

import math

import librosa
import pytest
import torch

from synths.notes import Notes, midi_pitch
from synths.notes.pitch import pitch_name


@pytest.mark.parametrize("name", ["C4", "F#3", "Bb2", "A0", "C-1", "G9", "Cb4", "B#3", "ebb5", "F##2"])
def test_a_name_is_the_number_that_librosa_gives(name):
    assert midi_pitch(name) == librosa.note_to_midi(name[0].upper() + name[1:])


def test_every_number_has_a_name():
    assert [midi_pitch(pitch_name(number)) for number in range(128)] == list(range(128))


def test_a_pitch_is_a_number_or_a_frequency():
    assert midi_pitch(60.25) == 60.25
    assert midi_pitch("440 Hz") == 69
    assert midi_pitch("261.6256hz") == pytest.approx(60, abs=1e-4)


@pytest.mark.parametrize("wrong", ["H4", "C", "4C", "C10", "", "C#b4", 440.0, -1, math.nan, "0 Hz", "440"])
def test_what_is_no_pitch_is_refused(wrong):
    with pytest.raises(ValueError, match="expected a pitch as a name"):
        midi_pitch(wrong)


def test_columns_are_as_long_as_the_longest():
    notes = Notes.of(["C4", "E4", 67], 100, [0, 0.5, 1], 0.25)
    assert notes.pitch.tolist() == [60, 64, 67] and notes.onset_s.tolist() == [0, 0.5, 1]
    assert notes.velocity.tolist() == [100] * 3 and notes.seconds.tolist() == [0.25] * 3
    with pytest.raises(ValueError, match="columns of one length"):
        Notes.of([60, 61], [1, 2, 3])


def test_rows_are_sorted_by_their_onsets():
    notes = Notes.of_rows([(1.0, 0.5, "C4", 90), (0.5, 0.1, 62, 80)])
    assert notes.onset_s.tolist() == [0.5, 1.0] and notes.pitch.tolist() == [62, 60]
    assert len(Notes.of_rows([])) == 0


@pytest.mark.parametrize(
    "column, value", [("onset_s", -0.1), ("seconds", -1.0), ("seconds", math.inf), ("velocity", 0), ("velocity", 128)]
)
def test_values_outside_their_ranges_are_refused(column, value):
    with pytest.raises(ValueError, match=rf"{column}: expected .*; got {value:g} \(note 1\)"):
        Notes.of([60, 61], **{column: [1, value]})
    with pytest.raises(ValueError, match=r"pitch: expected a MIDI note number from 0 to 127; got 128"):
        Notes.of(torch.tensor([60.0, 128.0]))
