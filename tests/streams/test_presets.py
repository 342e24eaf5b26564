"""Presets as a source of training: pairs, masks and labels of sounds near presets."""

import torch

import synths
from doppelganger import Gaussian, PairStream
from doppelganger.labels.labeller import Labeller
from doppelganger.streams.sounds import SoundStream

INDEX = torch.arange(6)


def kicks(tmp_path):
    from synths import presets

    for name in ("kick", "kick-long"):
        presets.preset("drum", name).write(tmp_path / f"{name}.yaml")
    return synths.Drum(sample_rate=16000, seconds=0.5, distribution=synths.PresetDistribution(tmp_path, delta=0.02))


def test_every_stream_draws_from_presets(tmp_path):
    synth = kicks(tmp_path)
    theta = synth.sample(INDEX)
    pairs = PairStream(synth, Gaussian(0.05))(INDEX)
    assert torch.equal(pairs.theta, theta)
    assert torch.equal(SoundStream(synth)(INDEX).theta, theta)
    metal = synth.space.column("mixer.metal")
    assert synth.space.to_physical(pairs.theta_a)[:, metal].max() < 0.3  # a kick has next to none


def test_labels_are_those_of_the_presets(tmp_path):
    synth = kicks(tmp_path)
    labeller = Labeller(synth, 0)
    labels = labeller(INDEX, synth.sample(INDEX), synth.play(INDEX))
    kick = [tag.name for tag in labeller.tags].index("kick")
    assert labels.tags[:, kick].float().mean() > 0.5
