"""Every preset fits its synth and makes sound."""

import pytest
import torch

import synths
from synths import presets
from synths.__main__ import main

ALL = [(synth, name) for synth in synths.catalogue() for name in presets.names(synth)]


@pytest.mark.parametrize("synth, name", ALL)
def test_a_preset_narrows_its_synth(synth, name):
    ranges = presets.load(synth, name)
    made = synths.find(synth)(ranges=ranges, sample_rate=16000, seconds=0.5)
    physical = made.space.to_physical(made.sample(torch.arange(64)))
    for parameter, value in ranges.items():
        column = physical[:, made.space.column(parameter)]
        low, high = value if isinstance(value, list) else (value, value)
        assert low <= column.min() and column.max() <= high
    peak = made.play(torch.arange(64)).abs().amax(dim=1)
    assert (peak > 1e-3).double().mean() > 0.95


def centroid_hz(name):
    drum = synths.Drum(ranges=presets.load("drum", name), seconds=0.5)
    power = torch.fft.rfft(drum.play(torch.arange(32))).abs().square().mean(dim=0)
    return (power * torch.fft.rfftfreq(drum.n_samples, 1 / drum.sample_rate)).sum() / power.sum()


def test_the_drums_are_told_apart():
    kick, tom, snare, hat = (centroid_hz(name) for name in ("kick", "tom", "snare", "hat"))
    assert kick < tom < snare < hat
    assert hat > 4000 and kick < 400


def test_the_command_line_knows_them(tmp_path, capsys):
    main(["render", "drum", "--preset", "kick", "--seconds", "0.1", "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        main(["render", "drum", "--preset", "kazoo", "--out", str(tmp_path)])
    assert "clap, hat, kick, snare, tom" in capsys.readouterr().err
