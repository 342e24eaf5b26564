"""The original torchsynth Voice: as Voice, whose knobs it has."""

from torch import Tensor

from doppelganger.labels.causes import voice
from doppelganger.labels.descriptors import Heard
from synths.synth import AudioSynth
from synths.voices.voice import Voice

SOURCES, FACTS, RULES = voice.SOURCES, voice.FACTS, voice.RULES


def known(synth: AudioSynth, physical: Tensor, heard: Heard) -> dict[str, Tensor]:
    """Facts of the same patch in our Voice, each (batch,)."""
    ours = Voice(sample_rate=synth.sample_rate, seconds=synth.seconds)
    columns = [synth.space.column(name) for name in ours.space.names]
    return voice.known(ours, physical[:, columns], heard)
