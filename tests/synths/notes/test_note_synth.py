"""Notes of instruments: pitch, length, velocity, pitch wheel."""

import pickle

import librosa
import numpy as np
import pytest
import torch

import synths
from synths.instrument import Instrument
from synths.notes import Notes, Touch, note_synth
from synths.notes.keys import Keys
from synths.presets.preset_file import Preset
from tests.synths.notes.pitch_track import cents_off, hz

RATE = 8000
INSTRUMENTS = synths.catalogue(Instrument)
SHORT = {"sample_rate": RATE, "seconds": 0.5}
# Sounds of one pitch that stays where it is.
ALONE = {"output.op_2": 0, "output.op_3": 0, "output.op_4": 0, "algorithm.choice": 7.5, "op_1.coarse": 1.5}
STEADY = {
    "voice": {"vco_1.tuning": 0, "vco_1.mod_depth": 0, "mixer.vco_2": 0, "mixer.noise": 0},
    "voicefm": {f"{vco}.{knob}": 0 for vco in ("vco_1", "vco_4") for knob in ("tuning", "mod_depth")}
    | {"mixer.vco_2": 0, "mixer.noise": 0},
    "subtractive": {"vco.mod_depth": 0, "sub.mod_depth": 0, "mixer.sub": 0, "mixer.noise": 0, "vcf.mode": 0}
    | {"vco.detune": 0, "vcf.cutoff": 90, "vcf.mod_depth": 0, "chorus.mix": 0},
    "fouroperatorfm": {**ALONE, "op_1.fine": 0, "op_1_adsr.sustain": 1},
    "sixoperatorfm": {"algorithm.choice": 32.5, "algorithm.feedback": 0, "lfo.pitch_depth": 0, "pitch.depth": 0}
    | {"keyboard.transpose": 0, "op_*.fixed": 0, "op_*.coarse": 1, "op_*.fine": 0, "op_*.detune": 0, "op_*.level_3": 0},
    "formant": {"glottis.slide": 0, "glottis.vibrato": 0, "glottis.breath": 0},
    "plucked": {"string.detune": 0, "string.inharmonicity": 0, "string.decay": 9},
    "modal": {"body.body": 0, "body.warble": 0, "body.decay": 8},
}
TOUCHED = {
    "fouroperatorfm": {"algorithm.choice": 4.5} | {f"op_{i}.coarse": 1.5 for i in (1, 2, 3, 4)},
    "sixoperatorfm": {"algorithm.choice": 1.5, "algorithm.feedback": 0, "pitch.depth": 0}
    | {f"op_{i}.coarse": 1.5 for i in range(1, 7)}
    | {f"op_{i}.velocity": 40 for i in range(1, 7)},
}


def brief(cls, **ranges):
    """An instrument whose releases take 50 ms."""
    releases = {name: 0.05 for name in cls(**SHORT).space.names if name.endswith(".release")}
    return cls(**SHORT, ranges=releases | ranges)


def steady(name):
    return brief(synths.find(name), **STEADY[name])


@pytest.mark.parametrize("name", STEADY)
@pytest.mark.parametrize("pitch", [57, 64.5])
def test_a_note_has_its_pitch(name, pitch):
    sound = steady(name).note(pitch, seconds=0.6)
    assert abs(cents_off(sound[800:4800], RATE, hz(pitch))) < 10


def test_pyin_agrees():
    sound = steady("subtractive").note("A2", seconds=0.5).numpy()
    f0, voiced, _ = librosa.pyin(sound[:4000], fmin=60, fmax=400, sr=RATE, frame_length=1024)
    assert voiced.mean() > 0.7
    assert abs(1200 * np.log2(np.nanmedian(f0) / 110)) < 10


@pytest.mark.parametrize("cls", INSTRUMENTS.values(), ids=INSTRUMENTS)
def test_a_note_is_what_theta_renders(cls):
    held = {name: 0.2 for name in cls(**SHORT).space.names if name.endswith(".duration")}
    voice = brief(cls, **held)
    theta = voice.sample([3])
    for columns in (voice.keys.pitch, voice.keys.held):
        theta[:, columns] = theta[:, columns[:1]]
    physical = voice.space.to_physical(theta)[0]
    pitch, held_s = (physical[columns[0]].item() if columns else 0.1 for columns in (voice.keys.pitch, voice.keys.held))
    note = voice.note(pitch, 100, held_s, theta=theta, key=torch.tensor([9]))
    rendered = voice.render(theta, torch.tensor([9]))[0]
    n = min(len(note), len(rendered), round(held_s * RATE) if voice.touch.gated else len(note))
    # A sound that would clip is scaled by the peak of its whole length.
    scale = note[:n].abs().max() / rendered[:n].abs().max()
    assert scale == pytest.approx(1, rel=1e-5) or voice.touch.gated
    torch.testing.assert_close(note[:n], scale * rendered[:n], rtol=0, atol=1e-5)


@pytest.mark.parametrize("cls", INSTRUMENTS.values(), ids=INSTRUMENTS)
def test_the_start_of_a_note_does_not_depend_on_the_length_it_is_rendered_in(cls, monkeypatch):
    voice = brief(cls)
    notes = voice.note(60, seconds=0.1)
    n = 800 if voice.touch.gated else len(notes)
    monkeypatch.setattr(note_synth, "bucket", lambda n_samples, sample_rate: n_samples * 2 + 77)
    longer = voice.note(60, seconds=0.1)
    scale = notes[:n].abs().max() / longer[:n].abs().max()
    assert scale == pytest.approx(1, rel=1e-5) or voice.touch.gated
    torch.testing.assert_close(scale * longer[:n], notes[:n], rtol=0, atol=1e-5)


def test_lengths_of_buckets():
    lengths = [note_synth.bucket(n, 8) for n in range(1, 40)]
    assert sorted(set(lengths)) == [2, 3, 4, 6, 8, 12, 16, 24, 32, 48]
    assert all(n <= length <= max(2, 1.5 * n) for n, length in enumerate(lengths, start=1))


@pytest.mark.parametrize("name, cls", INSTRUMENTS.items(), ids=INSTRUMENTS)
def test_a_note_ends_after_its_release(name, cls):
    voice = cls(**SHORT)
    note = voice.note(60, seconds=0.2)
    names = voice.touch.release or [each for each in voice.space.names if each.endswith(".release")]
    middle = voice.space.to_physical(torch.full((1, len(voice.space)), 0.5))[0]
    if not names:
        assert len(note) == (0.2 + voice.seconds) * RATE
        theta = voice.sample(torch.arange(8))
        notes = voice.play_notes(Notes.of([60.0] * 8, seconds=0.2), theta)
        assert (notes[:, -8:].abs().amax(dim=1) <= 3e-3 * notes.abs().amax(dim=1)).all()
        return
    longest_s = max(middle[voice.space.column(each)].item() for each in names)
    held_s = 0 if name == "drum" else 0.2
    assert len(note) == pytest.approx((held_s + voice.touch.rings * longest_s + 0.02) * RATE, abs=1)
    # What comes after is silence, or 60 dB down.
    assert note[-80:].abs().max() <= 2e-3 * note.abs().max()


@pytest.mark.parametrize("name, stroke", [("plucked", "plectrum"), ("modal", "mallet")])
def test_the_shortest_note_ends_after_the_noise_of_its_stroke(name, stroke):
    noise_alone = {"output.*": 0, f"output.{stroke}": 1, f"{stroke}.decay": 0.1, "damper.release": 0.02}
    note = synths.find(name)(**SHORT, ranges=noise_alone).note(60, seconds=0)
    assert 0 < note[-80:].abs().max() <= 1e-3 * note.abs().max()


def test_a_pad_is_held_for_longer_than_the_knob_goes():
    voice = synths.Subtractive(sample_rate=RATE, seconds=1.0)
    note = voice.note("C4", seconds=20, preset="pad")
    release_s = voice.preset_space("pad").to_physical(torch.full((1, len(voice.space)), 0.5))[
        0, voice.space.column("amp_adsr.release")
    ]
    level = note[: 20 * RATE].unflatten(0, (40, -1)).square().mean(dim=1).sqrt()
    assert level[6:].min() > 0.5 * level[6:].max()
    assert len(note) == pytest.approx((20.02 + release_s) * RATE, abs=1) and note[-100:].abs().max() < 1e-3


@pytest.mark.parametrize("name, cls", INSTRUMENTS.items(), ids=INSTRUMENTS)
def test_velocity_raises_the_level_and_the_brightness(name, cls):
    voice = brief(cls, **TOUCHED.get(name, {}))
    velocities = torch.tensor([20.0, 60, 100, 127])
    notes = voice.play_notes(Notes.of(60, velocities, 0, 0.3), key=torch.zeros(4, dtype=torch.int64))
    level_db = 10 * notes.square().sum(dim=1).log10()
    assert (level_db.diff() > 0).all() and level_db[-1] - level_db[0] > 15
    power = torch.fft.rfft(notes).abs().square()
    centroid = (power * torch.arange(power.shape[1])).sum(dim=1) / power.sum(dim=1)
    if voice.touch.knobs:
        assert centroid[-1] > 1.02 * centroid[0]


def test_level_and_knobs_move_by_the_declared_amounts():
    class Touched(synths.Subtractive):
        touch = Touch(level_db=40, knobs={"vcf.cutoff": 12, "vcf.resonance": 500})

    voice = Touched(**SHORT, ranges={"vcf.cutoff": 70, "vcf.resonance": 2})
    notes = Notes.of(60, [100.0, 127, 36.5])
    physical = voice.keys.set(voice.space.to_physical(torch.full((1, len(voice.space)), 0.5)), notes)
    columns = [physical[:, voice.space.column(knob)].tolist() for knob in ("vcf.cutoff", "vcf.resonance")]
    assert columns[0] == pytest.approx([70, 70 + 12 * 27 / 127, 64])
    assert columns[1] == pytest.approx([2, 20, 0.5])  # no further than the module goes
    assert voice.keys.gain(notes).log10().tolist() == pytest.approx([0, 2 * 27 / 127, -1])


def test_velocity_may_move_the_release():
    class Touched(synths.Subtractive):
        touch = Touch(knobs={"amp_adsr.release": 2.0}, release=("amp_adsr.release",))

    voice = Touched(**SHORT, ranges={"amp_adsr.release": 1.0})
    for velocity in (60, 100, 127):
        note = voice.note(60, velocity, seconds=0.2)
        release_s = 1 + 2 * (velocity - 100) / 127
        assert len(note) == pytest.approx((0.2 + release_s + 0.02) * RATE, abs=1)
        assert note[-80:].abs().max() <= 2e-3 * note.abs().max()


def test_a_touch_of_an_unknown_parameter_is_refused():
    class Touched(synths.Drum):
        touch = Touch(knobs={"vcf.cutof": 1})

    with pytest.raises(ValueError, match=r"unknown parameter 'vcf\.cutof'"):
        Touched(**SHORT).note("C4")


def test_a_drum_keeps_its_pitch_and_its_length():
    drum = synths.Drum(**SHORT)
    low, high = drum.note("C2", seconds=0.1, preset="kick"), drum.note("C6", seconds=3.0, preset="kick")
    assert torch.equal(low, high)


def test_keys_are_found_once_and_a_pickled_voice_plays_the_same(monkeypatch):
    made = []
    monkeypatch.setattr(note_synth, "Keys", lambda *args, **kwargs: made.append(Keys(*args, **kwargs)) or made[-1])
    voice = synths.Subtractive(**SHORT)
    note = voice.note("C4", seconds=0.1)
    assert torch.equal(voice.note("C4", seconds=0.1), note) and len(made) == 1
    assert torch.equal(pickle.loads(pickle.dumps(voice)).note("C4", seconds=0.1), note)


def test_what_plays_no_notes_says_so():
    for synth in (synths.Soundscape(seconds=0.5), synths.VoiceBank(seconds=0.5), synths.Perlin()):
        for play in (lambda synth: synth.note("C4"), lambda synth: synth.play_notes(Notes.of("C4"))):
            with pytest.raises(ValueError, match=f"{synth.short_name()} plays no notes; an instrument does") as error:
                play(synth)
            assert "\n" not in str(error.value)


def test_notes_start_at_their_onsets():
    notes = synths.Plucked(**SHORT).play_notes(Notes.of([60, 64], 100, [0.125, 0.75], 0.2))
    for sound, onset_s in zip(notes, (0.125, 0.75), strict=True):
        assert sound.abs().gt(1e-3 * sound.abs().max()).nonzero()[0].item() == pytest.approx(onset_s * RATE, abs=16)
    alone = synths.Plucked(**SHORT).play_notes(Notes.of(64, 100, 0.75, 0.2), key=torch.tensor([1]))
    torch.testing.assert_close(notes[1:, : alone.shape[1]], alone, rtol=0, atol=1e-6)


def test_gradients_flow_to_theta_and_to_the_notes():
    voice = brief(synths.Plucked)
    theta = voice.sample([1, 2]).requires_grad_()
    pitch, velocity, seconds = (torch.tensor(x, requires_grad=True) for x in ([60.0, 64], [90.0, 80], [0.2, 0.1]))
    notes = Notes(pitch, velocity, torch.tensor([0.0, 0.1]), seconds)
    voice.play_notes(notes, theta).square().sum().backward()
    for each in (theta, pitch, velocity, seconds):
        assert each.grad.isfinite().all() and (each.grad != 0).any(dim=-1).all()
    # The level is known: the derivative of the energy by velocity is that of the level, but for the knobs.
    plain = brief(type("Plain", (synths.Plucked,), {"touch": Touch(level_db=30)}))
    velocity.grad = None
    energy = plain.play_notes(notes, theta.detach()).square().sum(dim=1)
    energy.sum().backward()
    torch.testing.assert_close(velocity.grad, (energy * np.log(10) / 10 * 30 / 127).detach())


def test_columns_and_rows_that_do_not_fit_are_refused():
    voice = synths.Plucked(**SHORT)
    two = Notes.of([60, 61])
    with pytest.raises(ValueError, match="a row of theta for all notes or for each"):
        voice.play_notes(two, voice.sample([0, 1, 2]))
    # Of a key of 32 bits, noise would take what is not there.
    for key in (torch.zeros(3, dtype=torch.int64), torch.zeros(2, dtype=torch.int32), [0, 1]):
        with pytest.raises(ValueError, match=r"expected key as int64 of shape \(2,\); got"):
            voice.play_notes(two, key=key)
    with pytest.raises(ValueError, match="theta or a preset; got both"):
        voice.play_notes(two, voice.sample([0]), preset="x")
    with pytest.raises(ValueError, match="at least one note; got none"):
        voice.play_notes(two[:0])


def test_a_preset_of_another_synth_is_named(tmp_path):
    Preset({"keyboard.midi_f0": 60.0}, synth="voice").write(tmp_path / "tone.yaml")
    with pytest.raises(ValueError, match="expected a preset of subtractive; it is one of voice"):
        synths.Subtractive(**SHORT).note("C4", preset=str(tmp_path / "tone.yaml"))
    assert len(synths.Voice(**SHORT).note("C4", seconds=0.1, preset=str(tmp_path / "tone.yaml")))


@pytest.mark.parametrize("notes", [Notes.of(60, seconds=1e9), Notes.of([60, 60], onset_s=[0.0, 1e300])])
def test_notes_without_end_are_refused(notes):
    with pytest.raises(ValueError, match=r"end before 2\^31 samples; got 1e\+(09|300) s at 8000 Hz"):
        synths.Plucked(**SHORT).play_notes(notes)


@pytest.mark.parametrize("name", STEADY)
def test_the_wheel_bends_a_note_while_it_sounds(name):
    voice = steady(name)
    physical = voice.space.to_physical(torch.full((1, len(voice.space)), 0.5))
    step = lambda time_s: torch.where(time_s < 0.5, 0.0, 2.0)[None]  # noqa: E731
    key = torch.zeros(1, dtype=torch.int64)
    with torch.no_grad():
        (sound,) = voice.notes_from_onset(physical, Notes.of(60, seconds=1.0), key, bend=step)
        (from_start,) = voice.notes_from_onset(
            physical, Notes.of(60, seconds=1.0), key, bend=lambda time_s: torch.full_like(time_s, -1.0)[None]
        )
    assert abs(cents_off(sound[400:3800], RATE, hz(60))) < 10
    assert abs(cents_off(sound[4400:7800], RATE, hz(62 if voice.touch.bends else 60))) < 10
    assert abs(cents_off(from_start[400:7800], RATE, hz(59))) < 10
    assert voice.touch.bends == (name not in ("plucked", "modal"))


@pytest.mark.parametrize("note", [{"pitch": [60, 61]}, {"pitch": 60, "velocity": [90, 100, 110]}])
def test_several_notes_are_not_one(note):
    with pytest.raises(ValueError, match=r"expected one note; got [23]: play_notes takes several"):
        synths.Plucked(**SHORT).note(**note)
