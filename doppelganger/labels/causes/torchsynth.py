"""The original torchsynth Voice, which has the parameters of Voice."""

from dataclasses import replace

from torch import Tensor

from doppelganger.labels.causes import voice
from doppelganger.labels.measure.measurements import Measurements
from synths.synth import AudioSynth
from synths.voices.voice import Voice


def facts_from_theta(synth: AudioSynth, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of the same patch in our Voice, each (batch,)."""
    ours = Voice(sample_rate=synth.sample_rate, seconds=synth.seconds)
    columns = [synth.space.column(name) for name in ours.space.names]
    return voice.facts_from_theta(ours, physical[:, columns], measured)


CAUSES = replace(voice.CAUSES, from_theta=facts_from_theta)
