"""Packages in the current folder: the installed commands find them, as `python -m` does."""

import pytest

from tests import python

SYNTH = """
from synths.instrument import Instrument
from synths.modules import ADSR, VCA, Keyboard, Mixer, Noise


class Hiss(Instrument):
    def __init__(self, **kwargs):
        rack = {"keyboard": Keyboard(), "adsr": ADSR(), "noise": Noise(), "vca": VCA(), "mixer": Mixer({"noise": 1.0})}
        super().__init__(rack, **kwargs)

    def patch(self, rack, key):
        _, note_on_s = rack.keyboard()
        return rack.mixer(rack.vca(rack.noise(key), rack.adsr(note_on_s)))
"""
ENCODER = """
import torch


class Mean(torch.nn.Module):
    sample_rate = 16000

    def forward(self, waveform):
        return waveform.unfold(1, 400, 400).square().mean(2)[:, :8]
"""


def run(folder, package, *arguments):
    """As the installed script runs it: its own folder, not the current one, is in the path."""
    (folder / "bin").mkdir(exist_ok=True)
    script = folder / "bin" / package
    script.write_text(f"from {package}.__main__ import main\nmain()\n")
    return python.run([script, *arguments], cwd=folder)


def test_a_synth_of_ones_own_is_rendered(tmp_path):
    (tmp_path / "mine.py").write_text(SYNTH)
    done = run(tmp_path, "synths", "render", "mine:Hiss", "-n", "1", "--seconds", "0.1", "--out", "sounds")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "sounds").glob("*.wav"))) == 1


def test_an_encoder_of_ones_own_is_found(tmp_path):
    (tmp_path / "mine.py").write_text(ENCODER)
    assert run(tmp_path, "synths", "render", "voice", "-n", "2", "--seconds", "1", "--out", "sounds").returncode == 0
    done = run(tmp_path, "doppelganger", "embed", "sounds", "--encoder", "mine:Mean", "--out", "a.parquet")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.parquet").stat().st_size > 0


@pytest.mark.parametrize("name", ["json", "torch"])
def test_an_installed_package_comes_first(name, tmp_path):
    (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')")
    assert run(tmp_path, "synths", "list").returncode == 0
