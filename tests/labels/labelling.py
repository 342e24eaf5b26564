"""Small synths, and labels of their sounds by name."""

import warnings

import torch

import synths
from doppelganger.labels.labeller import Labeller

SETTINGS = {"sample_rate": 16000, "seconds": 1.0}
AUDIO = {name: cls for name, cls in synths.catalogue(synths.AudioSynth).items() if name not in ("bank", "torchsynth")}


def make(name, **kwargs):
    return AUDIO[name](**({} if name in ("soundscape", "audiopg") else SETTINGS), **kwargs)


def labelled(synth, index, seed=0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labeller = Labeller(synth, seed)
    index = torch.as_tensor(index)
    return labeller, labeller(index, synth.sample(index, seed), synth.play(index, seed))


def named(labeller, labels, row=0):
    facts = dict(zip((f.name for f in labeller.facts), labels.facts[row].tolist(), strict=True))
    return facts, {tag.name for tag, holds in zip(labeller.tags, labels.tags[row], strict=True) if holds}
