"""Recording: a synth that plays nothing, so that a labeller can listen to sounds that are already there."""

import torch
from torch import Tensor

from synths.parameters import Parameter, ParameterSpace
from synths.synth import AudioSynth


class Recording(AudioSynth):
    """Sounds that nobody knows the cause of: its only knob does nothing.

    Args:
        sample_rate: of the recordings, in Hz.
        seconds: their length.
    """

    def __init__(self, *, sample_rate: int = 16000, seconds: float = 1.0):
        space = ParameterSpace([Parameter("nothing", 0, 0, doc="a recording has no knobs")])
        super().__init__(space, sample_rate=sample_rate, seconds=seconds)

    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        raise NotImplementedError("a recording is played from its file; it has no parameters to play")
