"""The command describe, as it is typed."""

import json

import numpy as np
import pytest
import soundfile

from doppelganger.__main__ import main
from doppelganger.labels.labels import Fact
from doppelganger.labels.plain_labels import PlainLabels


@pytest.fixture
def beep(tmp_path):
    time_s = np.arange(22050) / 44100
    soundfile.write(tmp_path / "beep.wav", 0.5 * np.sin(2 * np.pi * 880 * time_s), 44100)
    return str(tmp_path / "beep.wav")


def test_a_file_is_described(beep, capsys):
    main(["describe", beep, "--json"])
    described = json.loads(capsys.readouterr().out)
    facts = {fact["name"]: fact["value"] for fact in described["facts"]}
    assert facts["pitch_hz"] == pytest.approx(880, rel=1e-3) and "vibrato" not in facts
    assert "note A5" in described["tags"]["trait"] and "beep" in described["tags"]["function"]
    assert described["caption"].endswith(".") and "parameters" not in described


def test_silence_is_described_as_such(tmp_path, capsys):
    soundfile.write(tmp_path / "nothing.wav", np.zeros(8000), 16000)
    main(["describe", str(tmp_path / "nothing.wav")])
    assert capsys.readouterr().out.strip() == "Nothing is audible."


def test_a_sound_of_a_synth_is_described_with_its_knobs(capsys):
    command = ["describe", "--synth", "modal", "--index", "7", "--seconds", "1"]
    main(command)
    out = capsys.readouterr().out
    assert "keyboard.midi_f0" in out and "contact_s" in out and "struck" in out
    main([*command, "--json"])
    described = json.loads(capsys.readouterr().out)
    # A bar's note has the largest effect; of sixteen parameters at most twelve are listed.
    names = [knob["name"] for knob in described["parameters"]]
    assert "keyboard.midi_f0" in names[:4] and len(names) <= 12 and described["caption"] in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected a sound file or --synth"),
        (["--synth", "modul"], "did you mean modal"),
        (["--synth", "white"], "white makes pictures, not sounds; expected one of audiopg, "),
        (["no.wav"], "no such file"),
        (["x.wav", "--seconds", "2"], "--seconds"),
        (["x.wav", "--index", "2"], "a file has none"),
    ],
)
def test_mistakes_end_in_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["describe", *arguments])
    assert stop.value.code == 2 and message in capsys.readouterr().err


def test_counts_of_none_are_left_out_and_other_zeros_stay():
    rain, metal = Fact("n rain", "none", 1, False, ""), Fact("material", "none", 0.25, False, "")
    plain = PlainLabels(facts=[(rain, 0.0), (metal, 0.0)], tags=[], caption="")
    assert plain.present == [(metal, 0.0)]
    assert PlainLabels(facts=[(rain, 2.0)], tags=[], caption="").present == [(rain, 2.0)]
