"""Matching, against auraloss itself, sounds of known theta, and what the command writes."""

import json
import math

import pytest
import soundfile
import torch

import synths
from synths.__main__ import main
from synths.matching import SpectralDistance, match


class Note(synths.AudioSynth):
    """A sine that fades: two knobs, and one that does nothing."""

    def __init__(self, **kwargs):
        knobs = [
            synths.Parameter("pitch", 40, 80, "semitone", doc="pitch as a MIDI note number"),
            synths.Parameter("fade", 0.02, 0.5, "s", doc="time to fade by 8.7 dB"),
            synths.Parameter("idle", 0, 0, doc="nothing"),
        ]
        super().__init__(synths.ParameterSpace(knobs), sample_rate=8000, seconds=0.25, **kwargs)

    def synthesize(self, physical, key, dtype):
        pitch, fade, _ = physical.T[:, :, None]
        time_s = torch.arange(self.n_samples) / self.sample_rate
        turns = 440 * 2 ** ((pitch - 69) / 12) * time_s
        return (torch.sin(2 * torch.pi * turns) * torch.exp(-time_s / fade)).to(dtype)


@pytest.fixture
def voice():
    return synths.Voice(sample_rate=8000, seconds=0.1)


def target_file(folder, sound, rate=8000, name="target.wav"):
    path = folder / name
    soundfile.write(path, sound.numpy(), rate, subtype="FLOAT")
    return path


def test_distance_of_a_row_is_auralosss_of_that_row_alone(voice):
    from auraloss.freq import MultiResolutionSTFTLoss

    target, sound = voice.play(torch.arange(3), 1), voice.play(torch.arange(4), 2)
    row = torch.tensor([2, 0, 1, 2])
    # 0.1 s at 8 kHz are 800 samples: too short for a window of 2048.
    alone = MultiResolutionSTFTLoss(fft_sizes=[512, 128], hop_sizes=[128, 32], win_lengths=[512, 128], eps=1e-3)
    expected = torch.stack([alone(s[None, None], target[i][None, None]) for s, i in zip(sound, row, strict=True)])
    torch.testing.assert_close(SpectralDistance(target)(sound, row), expected)


def test_the_knobs_of_a_note_are_found():
    note = Note()
    theta = torch.tensor([[0.31, 0.6, 0.5], [0.72, 0.3, 0.5]])
    found = match(note, note.render(theta), steps=120, n_starts=16, n_survivors=2)
    pitch, fade, _ = (note.space.to_physical(found.theta) - note.space.to_physical(theta)).abs().T
    assert pitch.max() < 0.2, "semitones"
    assert fade.max() < 0.05, "seconds"


def test_a_voice_comes_closer_than_its_best_start(voice):
    target = voice.play(torch.arange(2), 7)
    found = match(voice, target, steps=30, n_starts=8, n_survivors=2)
    starts = voice.render(voice.sample(torch.arange(8), 0))
    distance = SpectralDistance(target)
    nearest = torch.stack([distance(starts, torch.full((8,), i)).min() for i in range(2)])
    torch.testing.assert_close(found.history[0], nearest)
    assert (found.loss < 0.95 * nearest).all()
    assert (found.history.diff(dim=0) <= 0).all() and found.history.shape == (31, 2)
    assert found.theta.min() >= 0 and found.theta.max() <= 1
    torch.testing.assert_close(distance(voice.render(found.theta), torch.arange(2)), found.loss)


def test_every_render_is_counted(voice, monkeypatch):
    rows, render, target = [], voice.render, voice.play(torch.tensor([1]))
    monkeypatch.setattr(voice, "render", lambda theta, *rest: rows.append(len(theta)) or render(theta, *rest))
    found = match(voice, target, steps=5, n_starts=8, n_survivors=3)
    rows.pop()  # the result once more, to hand it over
    assert sum(rows) == found.n_renders


def test_a_match_is_the_same_again_and_in_any_batch(voice):
    target = voice.play(torch.arange(3), 5)
    options = {"steps": 10, "n_starts": 8, "n_survivors": 2}
    together = match(voice, target, **options)
    assert torch.equal(match(voice, target, **options).theta, together.theta)
    torch.testing.assert_close(match(voice, target[1:2], **options).theta, together.theta[1:2])
    assert not torch.equal(match(voice, target, seed=1, **options).theta, together.theta)


def test_gradients_are_finite_where_sounds_are_silent_or_equal(voice):
    theta = torch.cat([voice.sample(torch.arange(4)), torch.zeros(1, len(voice.space))]).requires_grad_()
    for target in (voice.render(theta.detach()), torch.zeros(5, voice.n_samples)):
        loss = SpectralDistance(target)(voice.render(theta), torch.arange(5))
        (slope,) = torch.autograd.grad(loss.sum(), theta)
        assert loss.isfinite().all() and slope.isfinite().all()


def test_what_cannot_be_matched_is_refused(voice):
    with pytest.raises(ValueError, match=r"expected target of shape \(batch, 800\); got \(800,\)"):
        match(voice, torch.zeros(800))
    with pytest.raises(ValueError, match="NaN"):
        match(voice, torch.full((1, 800), torch.nan))
    with pytest.raises(ValueError, match="expected n_starts of at least 1; got 0"):
        match(voice, torch.zeros(1, 800), n_starts=0)
    with pytest.raises(ValueError, match="at least 128 samples"):
        SpectralDistance(torch.zeros(1, 100))


def test_command_writes_sound_theta_and_plot(tmp_path, capsys):
    voice = synths.Voice(sample_rate=16000, seconds=0.2)
    path = target_file(tmp_path, voice.play(torch.tensor([3]), 4).T.expand(-1, 2), rate=16000)
    options = ["--steps", "3", "--starts", "8", "--seed", "2", "--sample-rate", "8000", "--set", "keyboard.midi_f0=60"]
    main(["match", str(path), *options, "--out", str(tmp_path / "out")])
    assert "rendered 40 sounds" in capsys.readouterr().out  # 8 starts; all survive, where they start and 3 steps on
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["match.png", "match.wav", "theta.json"]
    found = json.loads((tmp_path / "out" / "theta.json").read_text())
    assert (found["sample_rate"], found["seconds"], found["seed"]) == (8000, 0.2, 2)
    assert found["parameters"]["keyboard.midi_f0"] == 60
    assert found["loss"] <= found["start_loss"]
    again = synths.Voice(sample_rate=8000, seconds=0.2, ranges={"keyboard.midi_f0": 60})
    assert found["fingerprint"] == again.space.fingerprint()
    sound, rate = soundfile.read(tmp_path / "out" / "match.wav", dtype="int16")
    expected = again.render(torch.tensor([found["theta"]]))[0]
    assert rate == 8000 and (torch.from_numpy(sound) / 32767 - expected).abs().max() <= 1 / 32767
    assert (tmp_path / "out" / "match.png").read_bytes().startswith(b"\x89PNG")


def test_command_cuts_a_long_target_and_fills_a_short_one(tmp_path, capsys, monkeypatch):
    seen = []
    monkeypatch.setattr("synths.commands.match.match", lambda synth, target, **_: seen.append(target[0]) or 1 / 0)
    ramp = torch.linspace(0.1, 1, 40000)
    path = target_file(tmp_path, ramp)
    for seconds, kept in ((None, 32000), ("1", 8000), ("6", 40000)):
        with pytest.raises(ZeroDivisionError):
            main(["match", str(path), *(["--seconds", seconds] if seconds else [])])
        loudest = ramp[min(kept, len(seen[-1])) - 1]
        torch.testing.assert_close(seen[-1][:kept], ramp[:kept] / loudest)
        assert not seen[-1][kept:].any()
    assert len(seen[-1]) == 48000
    assert capsys.readouterr().out.count("its first 4 s") == 1


@pytest.mark.parametrize("peak", [0.003, 1, 27])
def test_command_aligns_the_level_first(tmp_path, capsys, monkeypatch, peak):
    seen = []
    monkeypatch.setattr("synths.commands.match.match", lambda synth, target, **_: seen.append(target[0]) or 1 / 0)
    ramp = torch.linspace(-1, 1, 8000)
    with pytest.raises(ZeroDivisionError):
        main(["match", str(target_file(tmp_path, peak * ramp))])
    torch.testing.assert_close(seen[0], ramp, rtol=1e-6, atol=0)
    said = {0.003: "+50.5 dB", 1: "", 27: "-28.6 dB"}[peak]
    assert said in capsys.readouterr().out


def test_a_quiet_recording_is_matched_as_a_loud_one(tmp_path):
    sound = synths.Voice(sample_rate=8000, seconds=0.2).play(3)[0]
    sound = sound / sound.abs().max()
    losses = []
    for level in (1, 2**-8):
        path = target_file(tmp_path, sound * level)
        main(["match", str(path), "--steps", "3", "--starts", "8", "--out", str(tmp_path / str(level))])
        found = json.loads((tmp_path / str(level) / "theta.json").read_text())
        losses.append(found["loss"])
        assert abs(found["gain_db"] + 20 * math.log10(level)) < 1e-3
        assert soundfile.read(tmp_path / str(level) / "match.wav")[0].any()
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (torch.linspace(-1, 1, 8000)[:, None] * torch.tensor([1.0, -1.0]), "channels cancel each other"),
        (None, "No such file"),
        (b"", "expected a sound file"),
        (b"not audio, but long enough to have a header", "expected a sound file"),
        (torch.zeros(0), "no samples"),
        (torch.zeros(8000), "silent"),
        (torch.full((8000,), torch.nan), "NaN"),
        (torch.ones(50), "at least 128 samples"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, capsys, content, expected):
    path = tmp_path / "target.wav"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        target_file(tmp_path, content)
    with pytest.raises(SystemExit) as stop:
        main(["match", str(path), "--out", str(tmp_path / "out")])
    message = capsys.readouterr().err
    assert stop.value.code == 2 and message.count("\n") == 1
    assert expected in message and not (tmp_path / "out").exists()
