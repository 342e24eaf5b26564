"""`synths render --midi`: what is measured in the file against what is written in the MIDI file."""

import re

import numpy as np
import pytest
import soundfile
import torch

import synths
from synths import random
from synths.__main__ import main
from synths.notes import Notes, Touch, mixing
from synths.notes.channel import Channel
from synths.notes.midi import Score, ScoreNote
from synths.presets.preset_file import Preset
from tests.synths.notes.midi_files import QUARTER, control, file, off, on, tempo, track, wheel
from tests.synths.notes.pitch_track import cents_off, hz
from tests.synths.notes.test_limiter import plainly_limited

RATE = 8000
BRIEF = {"damper.release": 0.05}
STEADY = ["vco.mod_depth=0", "sub.mod_depth=0", "mixer.sub=0", "mixer.noise=0", "vcf.mode=0", "vco.detune=0"]
STEADY += ["vcf.cutoff=90", "vcf.mod_depth=0", "chorus.mix=0", "amp_adsr.release=0.05", "amp_adsr.sustain=1"]


@pytest.fixture
def render(tmp_path, monkeypatch):
    """Renders the bytes of a MIDI file with `plucked`, unless another synth is given; returns sound (n, 2)."""
    monkeypatch.chdir(tmp_path)

    def run(data: bytes, *arguments: str, synth: str = "plucked", out: str = "a.wav") -> np.ndarray:
        (tmp_path / "a.mid").write_bytes(data)
        brief = [f"--set={knob}={value}" for knob, value in BRIEF.items()] if synth == "plucked" else []
        main(["render", synth, "--midi=a.mid", f"--sample-rate={RATE}", f"--out={out}", *brief, *arguments])
        return soundfile.read(out)[0]

    return run


def steady(settings=STEADY):
    return [f"--set={each}" for each in settings]


def noise(number, seed=0):
    return random.keys(torch.tensor([number]), seed=seed, stream="noise")


def energy(sound: np.ndarray) -> np.ndarray:
    """Of blocks of 10 ms."""
    return (sound[: len(sound) // 80 * 80].reshape(-1, 80, 2) ** 2).sum(axis=(1, 2))


KEYS = (48, 52, 55, 60, 64)
CHORD = file(track(*[on(0, key, 120) for key in KEYS], *[off(120, key) for key in KEYS]))


def test_a_chord_is_the_limited_sum_of_its_notes(render):
    sound = render(CHORD, "--seed=3", "--subtype=float")
    plucked = synths.Plucked(sample_rate=RATE, ranges=BRIEF)
    total = np.zeros(len(sound))
    for i, key in enumerate(KEYS):
        held_s = (i + 1) * 120 / QUARTER / 2
        note = plucked.note(key, 120, held_s, key=noise(i, seed=3)).numpy()
        total[: len(note)] += note
    both = np.sqrt(0.5) * np.stack([total, total])
    assert abs(both).max() > 1.2
    np.testing.assert_allclose(sound.T, plainly_limited(both, 128), atol=2e-6)


def test_the_release_of_a_note_may_depend_on_its_velocity():
    class Touched(synths.Plucked):
        touch = Touch(knobs={"damper.release": 0.5}, release=("damper.release",), rings=4 / 3)

    voice = Touched(sample_rate=RATE, ranges=BRIEF)
    part = mixing.Part(voice, voice.space.to_physical(torch.full((1, len(voice.space)), 0.5)))
    for velocity in (20, 127):
        score_note = ScoreNote(0.0, 0.1, 60, velocity, 0, 0)
        score = Score([score_note], [""], {0: Channel()}, [])
        left = mixing.mix(score, [mixing.PartNote(score_note, part)], RATE)[0]
        note = voice.note(60, velocity, 0.1, key=noise(0))
        torch.testing.assert_close(left, note * np.sqrt(0.5), atol=1e-6, rtol=0)


def test_a_quiet_note_is_not_limited_and_normalize_scales_the_peak(render):
    data = file(track(on(0, 60, 40), off(240, 60)))
    plain, loud = render(data, "--subtype=float"), render(data, "--subtype=float", "--normalize=peak")
    assert abs(plain).max() < 0.7 and abs(loud).max() == pytest.approx(1)
    np.testing.assert_allclose(loud, plain / abs(plain).max(), atol=1e-6)
    assert abs(render(CHORD, "--normalize=peak")).max() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_the_same_bytes_again_and_in_blocks_of_any_size(render, tmp_path, monkeypatch, name):
    song = file(track(*[event for key in range(50, 60) for event in (on(0, key), off(30 + key, key))], wheel(0, 99)))
    tracks = "1: {synth: plucked, keys: {}}"
    (tmp_path / "tracks.yaml").write_text(tracks)
    render(song, out=name)
    first = (tmp_path / name).read_bytes()
    for n_at_once in (1, 3, 64):
        (tmp_path / name).unlink()
        monkeypatch.setattr(mixing, "_CPU_BLOCK", n_at_once)
        render(song, out=name)
        assert (tmp_path / name).read_bytes() == first


def test_notes_start_where_the_tempo_puts_them(render):
    events = [on(0, 60), off(200, 60), tempo(760, 0.25), on(0, 64), off(200, 64), on(760, 67), off(9, 67)]
    sound = render(file(track(*events)))
    level = energy(sound)
    loud = level > 0.01 * level.max()
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    assert loud[0] and starts.tolist() == pytest.approx([100, 150], abs=1)  # 1 s and 1.5 s


def sides(render, pans, *flags):
    """Energies left and right of notes, one for each pan."""
    events = [e for pan in pans for e in (control(0, 10, pan), on(0, 60), off(240, 60), (1680, b"\xf0\x01\xf7"))]
    sound = render(file(track(*events)), "--subtype=float", "--set=output.plectrum=0", *flags)
    return [(sound[i * 2 * RATE : (i * 2 + 1) * RATE] ** 2).sum(axis=0) for i in range(len(pans))]


def test_pan_is_of_constant_power(render):
    (left, mute), (a, b), (c, d), (mute_too, right) = sides(render, (1, 64, 96, 127))
    assert mute == pytest.approx(0, abs=1e-9) and mute_too == pytest.approx(0, abs=1e-9)
    assert a == pytest.approx(b, rel=1e-6) and a + b == pytest.approx(left, rel=1e-4)
    angle = np.pi / 2 * 95 / 126
    assert d / c == pytest.approx(np.tan(angle) ** 2, rel=1e-4) and right == pytest.approx(c + d, rel=1e-4)


def test_the_pan_of_a_track_is_added_to_that_of_its_channel(render, tmp_path):
    """Half of the way from the middle to the left; the pan of a channel is 0 at 1 and 1 at 127."""
    (tmp_path / "tracks.yaml").write_text("1: {pan: -0.5}\n")
    for (left, right), place in zip(sides(render, (64, 96), "--tracks=tracks.yaml"), (0.5, 95 / 126), strict=True):
        assert right / left == pytest.approx(np.tan(np.pi / 2 * (place - 0.25)) ** 2, rel=1e-3)


def test_volume_and_expression_move_a_note_while_it_sounds(render):
    """Each by the square of its value, over the default 100 and 127: General MIDI's 40 log10, in dB."""
    events = [on(240, 60), control(480, 11, 64), control(240, 7, 50), control(240, 11, 127), off(240, 60)]
    sound = render(file(track(*events)), *steady(), "--subtype=float", synth="subtractive")
    plain = render(file(track(on(240, 60), off(1200, 60))), *steady(), "--subtype=float", synth="subtractive")
    ratio_db = 10 * np.log10(energy(sound) / energy(plain).clip(1e-9) + 1e-9)
    expression_db, volume_db = 40 * np.log10(64 / 127), 40 * np.log10(50 / 100)
    for start, expected in ((30, 0), (78, expression_db), (103, expression_db + volume_db), (128, volume_db)):
        assert ratio_db[start : start + 20] == pytest.approx(expected, abs=0.01)


def test_the_pedal_makes_a_note_longer(render):
    def length_s(*events):
        sound = render(file(track(*events, (2400, b"\xf0\x01\xf7"))), *steady(), synth="subtractive")
        level = energy(sound)
        return np.flatnonzero(level > 1e-3 * level.max())[-1] / 100

    short, long = [on(0, 60), off(240, 60)], [control(0, 64, 127), on(0, 60), off(240, 60), control(720, 64, 0)]
    assert length_s(*short) == pytest.approx(0.25 + 0.05, abs=0.04)
    assert length_s(*long) == pytest.approx(1.0 + 0.05, abs=0.04)


def test_the_wheel_bends_a_held_note(render):
    setting = [control(0, 101, 0), control(0, 100, 0), control(0, 6, 6)]
    data = file(track(*setting, on(480, 60), wheel(480, 8191), off(480, 60)))
    sound = render(data, *steady(), synth="subtractive")[RATE // 2 :, 0]
    assert abs(cents_off(sound[400:3800], RATE, hz(60))) < 10
    assert abs(cents_off(sound[4400:7800], RATE, hz(60 + 6 * 8191 / 8192))) < 10


def test_what_cannot_bend_says_so_and_starts_where_the_wheel_is(render, capsys):
    sound = render(file(track(wheel(0, -8192), on(0, 60), wheel(480, 8191), off(480, 60))))[:, 0]
    assert abs(cents_off(sound[4400:7800], RATE, hz(58))) < 15
    assert capsys.readouterr().err.splitlines() == [
        "a.mid: plucked: the pitch wheel sets where a note starts, and does not bend it later"
    ]


def test_what_has_no_effect_is_named_once(render, capsys):
    program = (0, bytes([0xC0, 7]))
    events = [program, *[e for key in (60, 62, 64) for e in (control(0, 74, key), on(0, key), off(99, key))], program]
    render(file(track(*events)))
    assert capsys.readouterr().err.splitlines() == ["a.mid: no effect: controller 74 (brightness), program changes"]


SONG = file(
    track(tempo(0, 0.5)),
    track(on(0, 36), off(480, 36), name="Bass"),
    track(on(0, 60, channel=2), off(480, 60, channel=2), name="Lead"),
    track(on(960, 38, channel=10), off(10, 38, channel=10), on(470, 36, channel=10), off(10, 36, channel=10)),
)


def test_drums_are_left_out_without_an_entry(render, capsys):
    sound = render(SONG)
    assert len(sound) < 0.7 * RATE
    assert re.search(r"channel 10 \(drums, 2 notes\) is left out: name its synth in --tracks", capsys.readouterr().err)
    with pytest.raises(SystemExit):
        render(file(track(on(0, 36, channel=10), off(9, 36, channel=10))))
    assert "expected notes that an instrument plays; got none" in capsys.readouterr().err


def test_tracks_have_their_synths(render, tmp_path):
    (tmp_path / "tracks.yaml").write_text(
        "Bass: {pan: -1, gain_db: -6}\n3: {synth: voice, preset: bass, pan: 1}\n"
        "channel 10: {synth: drum, preset: snare, keys: {36: kick}}\n"
    )
    sound = render(SONG, "--tracks=tracks.yaml", "--subtype=float")
    note = synths.Plucked(sample_rate=RATE, ranges=BRIEF).note(36, 100, 0.5, key=noise(0))
    np.testing.assert_allclose(sound[: len(note), 0], note * 10 ** (-6 / 20), atol=1e-6)
    voice = synths.Voice(sample_rate=RATE)
    lead = voice.note(60, 100, 0.5, preset="bass", key=noise(1))
    np.testing.assert_allclose(sound[: RATE - 1, 1], lead[: RATE - 1], atol=1e-6)
    drum = synths.Drum(sample_rate=RATE)
    for number, (preset, start) in enumerate((("snare", RATE), ("kick", RATE * 3 // 2)), start=2):
        hit = drum.note(60, preset=preset, key=noise(number))
        here, n = sound[start : start + 400, 0], min(400, len(hit))
        correlation = np.corrcoef(here[:n], hit[:n])[0, 1]
        assert correlation > 0.9, preset


def test_tracks_are_oversampled_as_on_the_command_line(render, tmp_path):
    (tmp_path / "tracks.yaml").write_text("1: {synth: subtractive, pan: -1}\n")
    sound = render(file(track(on(0, 90), off(9, 90))), "--tracks=tracks.yaml", "--subtype=float", "--oversample=2")
    voice = synths.Subtractive(sample_rate=RATE, oversample=2)
    note = voice.note(90, 100, 9 / QUARTER / 2, key=noise(0))
    np.testing.assert_allclose(sound[: len(note), 0], note, atol=1e-6)


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "Bas: {}",
            r"'Bas': no such track; the file has tracks 1 to 4 \(Bass, Lead\) and channels 1, 2, 10",
        ),
        ("5: {synth: voice}", "5: no such track"),
        ("channel 3: {synth: voice}", "'channel 3': no such track"),
        ("Bass: {synth: voise}", "'Bass': unknown synth 'voise'; did you mean voice"),
        ("Bass: {synth: soundscape}", "'Bass': soundscape makes sounds, not notes; expected one of drum, "),
        ("Bass: {preset: nothing}", "'Bass': expected a file, or a preset of plucked"),
        ("Bass: {synth: formant, preset: tone.yaml}", "'Bass': expected a preset of formant; it is one of voice"),
        ("Bass: {synth: drum, keys: {36: tone.yaml}}", "'Bass': expected a preset of drum; it is one of voice"),
        ("Bass: {gain: 3}", "'Bass': expected some of synth, preset, keys, gain_db, pan; got"),
        ("Bass: {gain_db: loud}", "'Bass': gain_db: expected a number; got 'loud'"),
        ("Bass: {gain_db: .nan}", "'Bass': expected gain_db within 60 dB"),
        ("Bass: {pan: 2}", "'Bass': expected gain_db within 60 dB and pan from -1 to 1; got 0 and 2"),
        ("Bass: {synth: drum, keys: {200: kick}}", "'Bass': keys: expected a mapping of MIDI note numbers to presets"),
        ("Bass: voice", "'Bass': expected some of"),
        ("[1, 2]", "expected a mapping of tracks to their synths; got list"),
        ("a: [", "expected YAML"),
    ],
)
def test_wrong_tracks_are_refused(render, tmp_path, capsys, text, message):
    (tmp_path / "tracks.yaml").write_text(text)
    Preset({}, synth="voice").write(tmp_path / "tone.yaml")
    _refused(render, tmp_path, capsys, SONG, "--tracks=tracks.yaml", message=f"--tracks tracks.yaml: .*{message}")


LONG = file(track(on(0, 60), off(9, 60), *[(0x0FFFFFFF, b"\xf0\x01\xf7")] * 2, on(0, 60), off(9, 60)), division=1000)


@pytest.mark.parametrize(
    "data, arguments, message",
    [
        (b"hello", [], "--midi: a.mid: expected a standard MIDI file"),
        (SONG[:-20], [], "--midi: a.mid: .*cut off"),
        (file(track(tempo(0, 1.0))), [], "--midi: a.mid: expected a MIDI file with notes"),
        (LONG, [], "--midi a.mid: expected at most .* minutes at 8000 Hz in stereo; the notes last .* minutes"),
        (SONG, ["--seconds=2"], "--seconds has no effect with --midi"),
        (SONG, ["-n=2"], "-n has no effect with --midi"),
        (SONG, ["--shards"], "--shards has no effect with --midi"),
        (SONG, ["--normalize=rms"], "--normalize rms: expected peak with --midi"),
        (SONG, ["--normalize=lufs"], "--normalize lufs: expected peak with --midi"),
        (SONG, ["--out=folder"], "--out folder: expected a .wav or .flac file for --midi"),
        (SONG, ["--device=gpu9"], "--device: expected a device of this machine, such as cpu; got gpu9 "),
        (SONG, ["--preset=nothing"], "--preset nothing: expected a file, or a preset of plucked"),
        (SONG, ["--tracks=none.yaml"], "--tracks none.yaml: No such file"),
        (SONG, ["--sample-rate=100000", "--format=wav", "--set=keyboard.midi_f0=200"], "--set: keyboard.midi_f0"),
    ],
)
def test_what_cannot_be_is_refused(render, tmp_path, capsys, data, arguments, message):
    _refused(render, tmp_path, capsys, data, *arguments, message=message)


def _refused(render, tmp_path, capsys, data, *arguments, message):
    there = {*tmp_path.iterdir(), tmp_path / "a.mid"}
    with pytest.raises(SystemExit) as stopped:
        render(data, *arguments)
    said = capsys.readouterr().err.splitlines()[-1]
    assert stopped.value.code == 2 and re.search(message, said), said
    assert set(tmp_path.iterdir()) == there


def test_a_note_that_never_ends_is_let_go(render, capsys, monkeypatch):
    monkeypatch.setattr(mixing, "LONGEST_NOTE_S", 0.5)
    monkeypatch.setattr("synths.commands._render_midi.LONGEST_NOTE_S", 0.5)
    sound = render(file(track(on(0, 60), (1920, b"\xf0\x01\xf7"))))
    assert len(sound) == pytest.approx((0.5 + 0.05 * 4 / 3 + 0.02) * RATE, abs=1)
    assert capsys.readouterr().err.splitlines() == ["a.mid: 1 notes are longer than 0.5 s, and are released then"]


def test_flags_of_midi_need_midi(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["render", "voice", "--tracks=a.yaml", "--seconds=0.1"])
    assert "--tracks has no effect without --midi; add --midi" in capsys.readouterr().err


def test_without_mido_the_extra_is_named(render, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "mido", None)
    with pytest.raises(SystemExit):
        render(SONG)
    assert "MIDI files need mido: pip install 'doppelganger-audio[midi]'" in capsys.readouterr().err


def test_notes_of_several_at_once_are_those_of_one(monkeypatch):
    """What a GPU does: notes of one length in one call."""
    plucked = synths.Plucked(sample_rate=RATE, ranges=BRIEF)
    notes = Notes.of([60, 62, 64], 100, 0, [0.1, 0.2, 0.15])
    physical = plucked.space.to_physical(torch.full((1, len(plucked.space)), 0.5))
    together = plucked.notes_from_onset(physical, notes, torch.arange(3))
    for i in range(3):
        alone = plucked.notes_from_onset(physical, notes[i : i + 1], torch.tensor([i]))[0]
        torch.testing.assert_close(together[i, : len(alone)], alone, rtol=0, atol=1e-6)
        assert not together[i, len(alone) :].any()
