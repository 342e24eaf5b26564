"""Steps of equal audible size: every parameter changes the log-mel by as many decibels."""

import math

import torch
from torch import Tensor

from doppelganger import index_ranges
from doppelganger.encoders.frontends import LogMel
from doppelganger.encoders.frontends.log_mel import fft_length
from doppelganger.streams.perturbations.perturbation import Perturbation
from synths import AudioSynth, ParameterSpace, Synth
from synths.bank import SynthBank
from synths.perturbation import perturb

_FIRST_STEP = 0.02  # of a difference quotient, in theta
_N_ROUNDS = 2
_DB = 20 / math.log(10)  # a log-mel is a natural logarithm of magnitudes


class EqualChange(Perturbation):
    """Gaussian steps, each parameter's by as much as changes the log-mel by `change_db`.

        delta_j = min(change_db / s_j, largest),  s_j = rms |log_mel(theta + h_j e_j) - log_mel(theta)| / h_j

    The sensitivity s_j, in dB per unit of theta, is a column of the synth's Jacobian as a difference quotient: a root
    mean square over bands and frames, and the median of those of `n_sounds` sounds that the parameter changes at all.
    It is estimated once, on the CPU, from sounds of no training; a second time with h_j = min(delta_j, 1/2), as large
    steps change a sound by less than their share.

    Args:
        change_db: change of the log-mel by a parameter's step of one standard deviation, in dB.
        largest: limit of delta, in theta, for parameters that change little.
        n_sounds: sounds for the estimate; it renders twice as many for each parameter.

    Raises:
        ValueError: numbers that are not above 0; a synth of patterns, which have no loudness.

    Source: our own.
    """

    def __init__(self, change_db: float = 1.0, largest: float = 0.5, n_sounds: int = 32):
        if not (change_db > 0 and largest > 0 and n_sounds > 0):
            raise ValueError(f"expected numbers above 0; got {change_db}, {largest} and {n_sounds}")
        self.change_db, self.largest, self.n_sounds = change_db, largest, n_sounds
        self._delta = torch.zeros(0)

    def fit(self, synth: Synth) -> None:
        delta = torch.full((len(synth.space),), min(_FIRST_STEP, self.largest))
        for _ in range(_N_ROUNDS):
            delta = (self.change_db / sensitivity_db(synth, delta, self.n_sounds)).clamp(max=self.largest)
        self._delta = delta

    def __call__(self, space: ParameterSpace, theta: Tensor, index: Tensor, *, seed: int, view: str) -> Tensor:
        return perturb(space, theta, self._delta.to(theta), index, seed=seed, view=view)


@torch.no_grad()
def sensitivity_db(synth: Synth, step: Tensor, n_sounds: int) -> Tensor:
    """Change of the log-mel by each parameter, in dB per unit of theta: (n_parameters,); 0 for choices.

    Args:
        synth: a synth of sounds.
        step: (n_parameters,), step of the difference quotient, in theta; at most 1/2 is used.
        n_sounds: number of sounds.
    """
    if isinstance(synth, SynthBank):
        steps = step[1:].split([len(each.space) for each in synth.synths.values()])
        parts = [sensitivity_db(*each, n_sounds) for each in zip(synth.synths.values(), steps, strict=True)]
        return torch.cat([torch.zeros(1), *parts])
    if not isinstance(synth, AudioSynth):
        raise ValueError(f"EqualChange: expected a synth of sounds; got {type(synth).__name__}, a synth of patterns")
    rate = synth.sample_rate
    log_mel = LogMel(sample_rate=rate, high_hz=rate / 2, n_fft=fft_length(rate), frame_multiple=1)
    index = index_ranges.SENSITIVITY + torch.arange(n_sounds)
    theta, key, step = synth.sample(index), synth.noise_key(index), step.clamp(max=0.5)
    before = log_mel(synth.render(theta, key))
    sensitivity = torch.zeros(len(synth.space))
    for j, parameter in enumerate(synth.space):
        if parameter.unit != "choice":
            moved = theta.clone()
            moved[:, j] += torch.where(theta[:, j] + step[j] > 1, -step[j], step[j])  # down, where there is no room
            change = (log_mel(synth.render(moved, key)) - before).flatten(1).square().mean(dim=1)
            changed = change[change > 0]
            sensitivity[j] = _DB * (changed.median().sqrt() / step[j] if len(changed) else 0.0)
    return sensitivity
