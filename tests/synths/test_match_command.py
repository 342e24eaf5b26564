"""What `synths match` writes, and what it refuses."""

import json
import sys

import pytest
import soundfile
import torch

import synths
from synths.__main__ import main
from synths.matching.target import read_target
from tests.synths.notes_to_match import target_file


@pytest.fixture
def seen(monkeypatch):
    """What the search is given; then the command stops."""
    given = []

    def stop(synth, target, **options):
        given.append((synth, target[0], options))
        raise ZeroDivisionError

    monkeypatch.setattr("synths.commands.match.match", stop)
    return given


def run(path, *options):
    with pytest.raises(ZeroDivisionError):
        main(["match", str(path), "--pitch", "none", *options])


def swinging(level):
    """A sound without an offset, from sample to sample on the other side of 0."""
    return level * torch.tensor([1.0, -1.0]).repeat(len(level) // 2)


def test_command_writes_a_sound_a_preset_and_a_page(tmp_path, capsys):
    voice = synths.Voice(sample_rate=16000, seconds=0.2)
    path = target_file(tmp_path, voice.play(torch.tensor([3]), 4).T.expand(-1, 2), rate=16000, name="<b>&.wav")
    options = ["--steps", "3", "--starts", "8", "--seed", "2", "--sample-rate", "8000", "--set", "keyboard.midi_f0=60"]
    main(["match", str(path), *options, "--start", "0", "--out", str(tmp_path / "out")])
    assert "rendered 40 sounds" in capsys.readouterr().out  # 8 starts; all survive, where they start and 3 steps on
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["match.html", "match.wav", "theta.json"]
    found = json.loads((tmp_path / "out" / "theta.json").read_text())
    assert (found["sample_rate"], found["seconds"], found["seed"]) == (8000, 0.2, 2)
    assert found["parameters"]["keyboard.midi_f0"] == 60
    assert found["loss"] <= found["start_loss"]
    again = synths.Voice(sample_rate=8000, seconds=0.2, ranges={"keyboard.midi_f0": 60})
    assert found["fingerprint"] == again.space.fingerprint()
    sound, rate = soundfile.read(tmp_path / "out" / "match.wav", dtype="int16")
    expected = again.render(torch.tensor([found["theta"]]), again.noise_key(0))[0] * 10 ** (found["gain_db"] / 20)
    assert rate == 8000 and (torch.from_numpy(sound) / 32767 - expected).abs().max() <= 1 / 32767
    page = (tmp_path / "out" / "match.html").read_text()
    assert "<h1>&lt;b&gt;&amp;.wav by voice</h1>" in page and "<b>" not in page
    assert page.count('src="data:audio/wav;base64,') == 2 and page.count('src="data:image/png;base64,') == 1
    assert page.count("<tr><td>") == len(again.space)
    assert '<tr><td>keyboard.midi_f0</td><td class="n">60</td><td>semitone</td><td class="n">60</td>' in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize("synth", ["drum", "sixoperatorfm"])
def test_the_preset_of_a_match_plays_it_again(tmp_path, synth):
    """With its noise, and with the phase of its LFO, which is random."""
    sound = synths.Drum(sample_rate=8000, seconds=0.2).play(3)[0]
    options = ["--synth", synth, "--steps", "2", "--starts", "8", "--pitch", "none"]
    main(["match", str(target_file(tmp_path, sound)), *options, "--out", str(tmp_path / "a")])
    label = json.loads((tmp_path / "a" / "theta.json").read_text())
    preset = ["--preset", str(tmp_path / "a" / "theta.json")]
    main(["render", synth, *preset, "--subtype", "float", "--out", str(tmp_path / "b.wav")])
    (found, rate), (again, rate_again) = (soundfile.read(tmp_path / name) for name in ("a/match.wav", "b.wav"))
    assert rate == rate_again == 8000
    found, again = torch.from_numpy(found), torch.from_numpy(again)
    torch.testing.assert_close(found, again * 10 ** (label["gain_db"] / 20), rtol=0, atol=2 / 32767)


def test_command_cuts_a_long_target_and_fills_a_short_one(tmp_path, capsys, seen):
    ramp = swinging(torch.linspace(0.1, 1, 40000))
    path = target_file(tmp_path, ramp)
    for seconds, kept in ((None, 32000), ("1", 8000), ("6", 40000)):
        run(path, *(["--seconds", seconds] if seconds else []))
        target = seen[-1][1]
        torch.testing.assert_close(target[:kept], ramp[:kept] / ramp[min(kept, len(target)) - 1].abs())
        assert not target[kept:].any()
    assert len(target) == 48000
    assert capsys.readouterr().out.count("4 s of it are matched") == 1
    run(path, "--seconds", "12", "--fill", "loop")
    torch.testing.assert_close(seen[-1][1], torch.cat([ramp, ramp, ramp[:16000]]))
    run(path, "--start", "3", "--seconds", "0.5")
    torch.testing.assert_close(seen[-1][1], ramp[24000:28000] / ramp[27999].abs())


def test_a_target_begins_with_its_first_sound(tmp_path, capsys, seen):
    sound = swinging(torch.cat([torch.full((3000,), 0.001), torch.linspace(0.5, 1, 800)]))
    path = target_file(tmp_path, sound)
    run(path)
    torch.testing.assert_close(seen[-1][1], sound[3000:])
    assert "from its first sound on, at 0.38 s" in capsys.readouterr().out
    run(path, "--start", "0")
    torch.testing.assert_close(seen[-1][1], sound)


@pytest.mark.parametrize("offset", [0.01, -0.3])
def test_a_dc_offset_is_not_matched(tmp_path, offset):
    """With it, the first sound would be at the start of the file, and the level of silence that of the offset."""
    sound = torch.cat([torch.zeros(4000), swinging(torch.linspace(0.6, 0.3, 4000)), torch.zeros(8000)])
    plain = read_target(target_file(tmp_path, sound))
    off = read_target(target_file(tmp_path, torch.stack([sound + offset, sound], dim=1)))
    assert plain.start_s == off.start_s == 0.5 and abs(plain.gain_db - off.gain_db) < 1e-3
    torch.testing.assert_close(off.sound, plain.sound, rtol=0, atol=1e-4)


def test_an_offset_of_the_sound_alone_stays(tmp_path):
    """Half a turn of 40 Hz, and a narrow pulse wave, after and before silence, which stays silent."""
    thump = torch.sin(torch.pi * torch.arange(100) / 100)
    pulses = torch.tensor([1.0, *[-0.02] * 9]).repeat(200)
    for sound in (thump, pulses):
        padded = torch.cat([torch.zeros(1000), sound, torch.zeros(900)])
        target = read_target(target_file(tmp_path, padded), start_s=0.0)
        torch.testing.assert_close(target.sound, padded, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rate", [4000, 8000, 22050, 44100, 48000])
def test_stereo_at_any_rate_is_the_same_sine(tmp_path, seen, rate):
    """A sine of 440 Hz, louder on the left: as it would be at 16 kHz, up to the filter at both ends."""
    sine = torch.sin(2 * torch.pi * 440 * torch.arange(rate // 2) / rate)
    path = target_file(tmp_path, torch.stack([0.3 * sine, 0.1 * sine], dim=1), rate)
    run(path, "--sample-rate", "16000", "--start", "0")
    synth, target, _ = seen[-1]
    assert (synth.sample_rate, synth.n_samples) == (16000, 8000)
    expected = torch.sin(2 * torch.pi * 440 * torch.arange(8000) / 16000)
    assert (target - expected)[400:-400].abs().max() < 0.02


@pytest.mark.parametrize("peak", [0.003, 1, 27])
def test_a_target_is_matched_at_a_peak_of_1(tmp_path, seen, peak):
    tone = swinging(torch.linspace(0.1, 1, 8000))
    run(target_file(tmp_path, peak * tone))
    torch.testing.assert_close(seen[0][1], tone, rtol=1e-6, atol=0)


def test_the_level_of_a_target_is_that_of_what_is_left_at_a_lower_rate(tmp_path):
    turns = torch.arange(8000) / 8000
    low, high = 0.09 * torch.sin(2 * torch.pi * 300 * turns), 0.9 * torch.sin(2 * torch.pi * 3000 * turns)
    target = read_target(target_file(tmp_path, low + high), sample_rate=4000, start_s=0.0)
    level = target.sound * 10 ** (-target.gain_db / 20)
    torch.testing.assert_close(level[400:-400], low[800:-800:2], rtol=0, atol=2e-3)


def test_a_quiet_recording_is_matched_as_a_loud_one(tmp_path):
    sound = synths.Voice(sample_rate=8000, seconds=0.2).play(3)[0]
    sound = sound / sound.abs().max()
    losses = []
    for level in (1, 2**-8):
        path = target_file(tmp_path, sound * level)
        main(["match", str(path), "--pitch=none", "--steps=3", "--starts=8", "--out", str(tmp_path / str(level))])
        losses.append(json.loads((tmp_path / str(level) / "theta.json").read_text())["loss"])
        matched, target = (soundfile.read(file)[0] for file in (tmp_path / str(level) / "match.wav", path))
        # Equal loudness, unless that would clip.
        assert matched.std() == pytest.approx(target.std(), rel=0.03) or abs(matched).max() > 0.999
    assert losses[0] == losses[1]


def test_pitch_is_tracked_or_given(tmp_path, seen, capsys):
    sine = torch.sin(2 * torch.pi * 220 * torch.arange(4000) / 8000)
    path = target_file(tmp_path, sine)
    for flag, expected in ((None, 57), ("C4", 60), ("61.5", 61.5), ("880 Hz", 81)):
        with pytest.raises(ZeroDivisionError):
            main(["match", str(path), *(["--pitch", flag] if flag else [])])
        assert seen[-1][2]["pitch"].item() == pytest.approx(expected, abs=0.06)
    assert capsys.readouterr().out.count("has the pitch A3") == 1
    run(path)
    assert seen[-1][2]["pitch"] is None
    with pytest.raises(ZeroDivisionError):  # a drum has no key
        main(["match", str(path), "--synth", "drum"])
    assert seen[-1][2]["pitch"] is None


def test_the_best_of_several_voices_is_found(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("synths.commands.match.voices", lambda: ["drum", "plucked", "modal"])
    sound = synths.Plucked(sample_rate=8000, seconds=0.3).note("A3")[:2400]
    options = ["--synth", "auto", "--steps", "4", "--starts", "16", "--out", str(tmp_path / "out")]
    main(["match", str(target_file(tmp_path, sound)), *options])
    assert "plucked: distance" in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "theta.json").read_text())["synth"] == "plucked"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--synth", "auto", "--set", "a=1"], "--set, --preset: expected one synth"),
        (["--device", "abacus"], "--device: expected a device of this machine, such as cpu; got abacus "),
        (["--pitch", "H2"], "expected a pitch as a name"),
        (["--start", "9"], "holds no samples after 9 s; it lasts 0.50 s"),
        (["--start", "-1"], "expected a number of at least 0"),
        (["--start", "9", "--synth", "voic"], "--synth: unknown synth 'voic'"),
        (["--seconds", "1e9"], "at most 16,777,216 samples to match; got 1e+09 s at 8000 Hz"),
        (["--sample-rate", "2000000000"], "at most 16,777,216 samples to match; got 4 s at 2000000000 Hz"),
    ],
)
def test_a_wrong_flag_is_one_line(tmp_path, capsys, options, expected):
    path = target_file(tmp_path, torch.linspace(-0.5, 0.5, 4000))
    with pytest.raises(SystemExit) as stop:
        main(["match", str(path), *options, "--out", str(tmp_path / "out")])
    assert stop.value.code == 2 and expected in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_tracker_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "librosa", None)
    path = target_file(tmp_path, torch.linspace(-0.5, 0.5, 4000))
    with pytest.raises(SystemExit):
        main(["match", str(path), "--out", str(tmp_path / "out")])
    assert "match needs librosa; pip install 'doppelganger-audio[match]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]


def test_a_clipped_target_is_matched_on_demand(tmp_path, seen):
    clipped = (1.5 * torch.sin(torch.arange(8000) / 9.0)).clamp(-1, 1)
    run(target_file(tmp_path, clipped), "--clipped", "--start", "0")
    torch.testing.assert_close(seen[0][1], clipped)


@pytest.mark.parametrize("hz", [20, 100, 3000])
def test_a_loud_sine_is_not_clipped(tmp_path, seen, hz):
    sine = torch.sin(2 * torch.pi * hz * torch.arange(22050) / 44100)
    soundfile.write(tmp_path / "sine.wav", sine.numpy(), 44100)
    run(tmp_path / "sine.wav")
    assert seen


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (torch.linspace(-1, 1, 8000)[:, None] * torch.tensor([1.0, -1.0]), "channels cancel each other"),
        (None, "No such file"),
        (b"", "expected a sound file"),
        (b"not audio, but long enough to have a header", "expected a sound file"),
        (torch.zeros(0), "no samples"),
        (torch.zeros(8000), "silent"),
        (torch.full((8000,), 0.3), "silent"),
        (torch.full((8000,), torch.nan), "NaN"),
        (torch.linspace(-0.5, 0.5, 50), "at least 128 samples"),
        (1.5 * torch.sin(torch.arange(8000) / 9.0), "is clipped: 53."),
    ],
)
def test_a_mistake_is_one_line(tmp_path, capsys, content, expected):
    path = tmp_path / "target.wav"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        target_file(tmp_path, content.clamp(-1, 1))
    with pytest.raises(SystemExit) as stop:
        main(["match", str(path), "--out", str(tmp_path / "out")])
    message = capsys.readouterr().err
    assert stop.value.code == 2 and message.count("\n") == 1
    assert expected in message and sorted(tmp_path.iterdir()) == [path] * path.exists()
