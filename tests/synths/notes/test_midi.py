"""MIDI files that are written byte by byte, and what is read from them."""

import struct

import pytest
import torch

from synths.notes import read_midi
from tests.synths.notes.midi_files import control, file, off, on, tempo, track, wheel


@pytest.fixture
def read(tmp_path):
    def read_bytes(data: bytes):
        (tmp_path / "a.mid").write_bytes(data)
        return read_midi(tmp_path / "a.mid")

    return read_bytes


def times(score):
    return [(note.pitch, round(note.onset_s, 6), round(note.seconds, 6)) for note in score.notes]


def test_notes_follow_the_tempo(read):
    # Half a second a quarter at first; then one second, from the middle of the second note on.
    tempos = track(tempo(720, 1.0))
    score = read(file(tempos, track(on(0, 60), off(480, 60), on(0, 64, 80), off(480, 64), name="Lead")))
    assert times(score) == [(60, 0, 0.5), (64, 0.5, 0.25 + 0.5)]
    assert [note.velocity for note in score.notes] == [100, 80] and score.tracks == ["", "Lead"]
    assert {(note.track, note.channel) for note in score.notes} == {(1, 0)}


def test_time_code_is_read(read):
    score = read(file(track(on(40, 60), off(100, 60)), division=(-25 << 8) + 40))
    assert times(score) == [(60, 0.04, 0.1)]


def test_running_status_and_silent_note_ons_are_read(read):
    score = read(file(track(on(0, 60), (480, bytes([60, 0])), (0, bytes([62, 90])), (480, bytes([62, 0])))))
    assert times(score) == [(60, 0, 0.5), (62, 0.5, 0.5)]


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_names_of_tracks_are_utf_8_or_latin_1(read, coding):
    name = "Flöte".encode(coding)
    assert read(file(track((0, b"\xff\x03" + bytes([len(name)]) + name), on(0, 60), off(9, 60)))).tracks == ["Flöte"]


def test_the_pedal_holds_notes(read):
    events = [on(0, 60), control(10, 64, 127), off(470, 60), on(0, 64), off(480, 64), control(480, 64, 0)]
    assert times(read(file(track(*events)))) == [(60, 0, 1.5), (64, 0.5, 1.0)]


def test_a_key_that_is_struck_again_ends_what_the_pedal_holds(read):
    events = [control(0, 64, 64), on(0, 60), off(240, 60), on(240, 60), off(240, 60), control(240, 64, 63)]
    assert times(read(file(track(*events)))) == [(60, 0, 0.5), (60, 0.5, 0.5)]


def test_keys_that_stay_down_end_with_the_file(read):
    assert times(read(file(track(on(0, 60), on(480, 64), off(480, 64))))) == [(60, 0, 1), (64, 0.5, 0.5)]


def test_the_oldest_of_two_notes_of_a_key_ends_first(read):
    events = [on(0, 60), on(480, 60), off(480, 60), off(480, 60)]
    assert times(read(file(track(*events)))) == [(60, 0, 1), (60, 0.5, 1)]


def test_a_track_ends_its_own_notes_on_a_channel_that_it_shares(read):
    long, short = track(on(0, 60), off(1920, 60)), track(on(480, 60), off(480, 60))
    assert times(read(file(long, short))) == [(60, 0, 2), (60, 0.5, 0.5)]
    # A track may also end what another has begun.
    assert times(read(file(track(on(0, 60)), track(off(480, 60), on(480, 62))))) == [(60, 0, 0.5), (62, 1, 0)]


def test_all_notes_off(read):
    assert times(read(file(track(on(0, 60), control(480, 123, 0), on(480, 62), off(480, 62))))) == [
        (60, 0, 0.5),
        (62, 1, 0.5),
    ]


@pytest.mark.parametrize(("number", "ends_s"), [(120, 0.5), (123, 1.0)])
def test_all_sound_off_ends_what_the_pedal_holds_and_all_notes_off_does_not(read, number, ends_s):
    events = [control(0, 64, 127), on(0, 60), off(240, 60), control(240, number, 0), control(480, 64, 0)]
    assert times(read(file(track(*events)))) == [(60, 0, ends_s)]


def test_reset_all_controllers(read):
    """MIDI Manufacturers Association, RP-015: wheel, expression, pedal and the chosen parameter alone."""
    before = [control(0, 101, 0), control(0, 100, 0), control(0, 6, 12), wheel(0, -8192), control(0, 11, 64)]
    before += [control(0, 7, 50), control(0, 10, 127), control(0, 64, 127), on(0, 60), off(240, 60)]
    score = read(file(track(*before, control(240, 121, 0), control(0, 6, 2), on(0, 62), off(480, 62), wheel(0, 4096))))
    channel, moments = score.channels[0], torch.tensor([0.0, 0.5, 1.0])
    assert times(score) == [(60, 0, 0.5), (62, 0.5, 0.5)] and not score.ignored
    assert channel.bend.at(moments).tolist() == [-12, 0, 6]
    assert channel.gain.at(moments).tolist() == pytest.approx([0.25 * (64 / 127) ** 2, 0.25, 0.25])
    assert channel.pan.at(moments).tolist() == [1, 1, 1]


def test_the_wheel_has_the_range_that_parameter_0_sets(read):
    setting = [control(0, 101, 0), control(0, 100, 0), control(0, 6, 12), control(0, 38, 50)]
    score = read(file(track(wheel(0, 4096), *setting, on(0, 60), wheel(480, -8192), off(480, 60))))
    bend = score.channels[0].bend
    torch.testing.assert_close(
        bend.at(torch.tensor([-1.0, 0.0, 0.499, 0.5, 9.0])), torch.tensor([0, 6.25, 6.25, -12.5, -12.5]).double()
    )
    plain = read(file(track(wheel(0, 4096, channel=2), on(0, 60, channel=2), off(9, 60, channel=2))))
    assert plain.channels[1].bend.at(torch.zeros(1)).item() == 1 and not score.ignored


def test_another_parameter_leaves_the_range_of_the_wheel(read):
    setting = [control(0, 101, 0), control(0, 100, 1), control(0, 6, 12), control(0, 101, 127), control(0, 100, 127)]
    score = read(file(track(*setting, control(0, 6, 9), wheel(0, -8192), on(0, 60), off(9, 60))))
    assert score.channels[0].bend.last == -2 and score.ignored == ["registered parameter 1"]
    score = read(file(track(control(0, 99, 1), control(0, 98, 8), control(0, 6, 12), on(0, 60), off(9, 60))))
    assert score.ignored == ["non-registered parameter 136"]


def test_what_has_no_effect_is_named_once(read):
    events = [(0, bytes([0xC0, 5])), control(0, 74, 1), control(0, 74, 2), control(0, 3, 2), (0, bytes([0xD0, 7]))]
    score = read(file(track(*events, on(0, 60), (9, bytes([0xC0, 6])), off(9, 60))))
    assert score.ignored == ["channel pressure", "controller 3", "controller 74 (brightness)", "program changes"]


NOTE = [on(0, 60), off(480, 60)]
BROKEN = {
    "no notes": (file(track(tempo(0, 1.0))), "expected a MIDI file with notes; it has none in 1 tracks"),
    "text": (b"C4 E4 G4\n", "expected a standard MIDI file, which begins with MThd"),
    "empty": (b"", "expected a standard MIDI file, which begins with MThd"),
    "cut header": (file(track(*NOTE))[:9], "whole MIDI file; it is cut off after 9 bytes"),
    "cut track": (file(track(*NOTE))[:-6], "whole MIDI file; it is cut off after"),
    "running status first": (file(track((0, bytes([60, 100])))), "broken MIDI file: running status"),
    "data above 127": (file(track((0, bytes([0x90, 200, 100])))), "broken MIDI file: data byte"),
    "type 2": (file(track(*NOTE), kind=2), "type 0 or 1; type 2 holds separate songs"),
    "no ticks": (file(track(*NOTE), division=0), "at least one tick a quarter note; got 0"),
    "no frames": (file(track(*NOTE), division=-(20 << 8)), "24, 25, 29 or 30 frames per second"),
    "no track": (b"MThd" + struct.pack(">IHHh", 6, 1, 1, 480) + b"junkjunk" * 4, "broken MIDI file: no MTrk"),
}


@pytest.mark.parametrize("data, message", BROKEN.values(), ids=BROKEN)
def test_broken_files_end_in_one_line(read, data, message):
    with pytest.raises(ValueError, match=message) as error:
        read(data)
    assert "a.mid: " in str(error.value) and "\n" not in str(error.value)


def test_a_file_cut_off_anywhere_is_refused(read):
    data = file(track(*[event for key in range(5) for event in (on(10, 60 + key), off(10, 60 + key))]))
    assert len(read(data).notes) == 5
    for n in range(len(data)):
        with pytest.raises(ValueError, match=r"MThd|cut off|broken|with notes"):
            read(data[:n])


def test_a_huge_file_is_refused(read):
    with pytest.raises(ValueError, match="at most 16 MiB"):
        read(b"MThd" + bytes(1 << 24))
