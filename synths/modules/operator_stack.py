"""Operator stack: six operators, wired by one of 32 algorithms."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from synths.dsp import chance, noise, operators
from synths.dsp.clock import Clock
from synths.dsp.warped_time import warped_time
from synths.modules.module import Module
from synths.modules.phase_modulation import Modulator, modulated
from synths.modules.rate_operator import Tone
from synths.modules.wiring import N_ALGORITHMS, OPERATORS, PAIRS, wiring
from synths.parameters import Parameter

# An operator fades out over this range of frequencies, as shares of the sample rate.
_FADE = (0.4, 0.45)


class OperatorStack(Module):
    """Six sines that modulate each other's phase, one of them its own; the mean of the carriers.

    Modulation and feedback that would alias are reduced, and operators near half the sample rate fade out. Feedback
    is without delay, see `operators.feedback_sine`: it grows from a sine to a saw and stops there, where that of the
    hardware turns to noise.

    Gradient: zero through the algorithm and `sync`, and through levels where modulation is reduced.

    Source: Chowning, The Synthesis of Complex Audio Spectra by Means of Frequency Modulation, JAES 21(7), 1973; for
    the wiring see `wiring`.
    """

    knobs = (
        Parameter("choice", 1, N_ALGORITHMS + 1, "choice", doc="algorithm 1 to 32, as on the panel of a DX7"),
        Parameter("feedback", 0, 2 * math.pi, "rad", curve=0.3, doc="depth of self-modulation at full level"),
        Parameter("sync", 0, 2, "choice", doc="1: all sines start at phase 0; 0: each anywhere in its cycle"),
    )

    def forward(
        self, clock: Clock, key: Tensor, pitch: Tensor, *tones: Tone, choice: Tensor, feedback: Tensor, sync: Tensor
    ) -> Tensor:
        """Takes noise keys, a control signal for pitch in semitones, and operators 1 to 6; returns audio in [-2, 2]."""
        wires, carriers, has_feedback = wiring(choice)
        tone = dict(zip(OPERATORS, tones, strict=True))
        moves = {i: torch.exp2((1 - tone[i].fixed[:, None]) * pitch / 12) for i in tone}
        hz = {i: clock.bent(tone[i].frequency_hz[:, None] * moves[i]) for i in tone}  # fixed operators, too
        level = {i: tone[i].level * _below_nyquist(hz[i], clock) for i in tone}
        turns = _phases(key, pitch, tone, sync, clock)

        # The equation of feedback is solved once a row, for the operator that has it.
        own_turns, own_hz, own_level = (_pick(has_feedback, each) for each in (turns, hz, level))
        own = _feedback_sine(own_turns, own_hz, own_level, feedback, clock)

        sines: dict[int, Modulator] = {}
        for i in reversed(OPERATORS):
            cables = [(wires[m, i], sines[m]) for m in OPERATORS if (m, i) in PAIRS]
            moved, fastest_hz, highest_hz = modulated(turns[i], hz[i], cables, clock)
            is_own = has_feedback[i][:, None] > 0
            sines[i] = Modulator(
                torch.where(is_own[:, None], own.audio, torch.sin(2 * torch.pi * moved)),
                level[i],
                torch.where(is_own, own.fastest_hz, fastest_hz),
                torch.where(is_own, own.highest_hz, highest_hz),
            )

        n_carriers = torch.stack(list(carriers.values())).sum(dim=0)
        mix = torch.zeros_like(own.audio)
        for i, sine in sines.items():
            mix = mix + sine.audio * clock.to_audio((carriers[i] / n_carriers)[:, None] * level[i])
        return mix


def _feedback_sine(turns: Tensor, hz: Tensor, level: Tensor, feedback: Tensor, clock: Clock) -> Modulator:
    """A sine that modulates its own phase, as deep as it does not alias.

    Args:
        turns: (batch, n_frames, hop), its phase before modulation.
        hz, level: (batch, n_frames + 1), its frequency and level.
        feedback: (batch,), depth at full level, in radians.
    """
    depth = torch.minimum(feedback[:, None] * level, operators.largest_feedback(clock.sample_rate / 2 / hz))
    audio = operators.feedback_sine(turns, clock.to_audio(depth))
    return Modulator(audio, level, hz / (1 - depth), hz * operators.n_harmonics(depth))


def _pick(gains: Mapping[int, Tensor], values: Mapping[int, Tensor]) -> Tensor:
    """In every row, the value (batch, ...) of the one operator whose gain, 0 or 1 (batch,), is 1."""
    first, *others = OPERATORS
    found = values[first]
    for i in others:
        found = torch.where(gains[i].view(-1, *(1,) * (found.ndim - 1)) > 0, values[i], found)
    return found


def _below_nyquist(hz: Tensor, clock: Clock) -> Tensor:
    low, high = _FADE
    return ((high - hz / clock.sample_rate) / (high - low)).clamp(0, 1)


def _phases(key: Tensor, pitch: Tensor, tone: Mapping[int, Tone], sync: Tensor, clock: Clock) -> dict[int, Tensor]:
    """Phase of every operator before modulation: (batch, n_frames, hop) in turns."""
    passed = warped_time(pitch, clock), warped_time(torch.zeros_like(pitch), clock)
    six = Clock(clock.sample_rate, 1, 6, clock.device, torch.float64)
    anywhere = (
        torch.where(sync.detach() >= 1, 0.0, 1.0)[:, None] * noise.white(chance.another(key, 8), six)[:, :, 0] / 2
    )
    phases = {}
    for i, (frequency_hz, fixed, _) in tone.items():
        start_s, since_s = (
            torch.where(fixed.view(-1, *(1,) * (moved.ndim - 1)) > 0, still, moved)
            for moved, still in zip(*passed, strict=True)
        )
        start = frequency_hz[:, None] * start_s + anywhere[:, i - 1 : i]
        start = (start - start.round()).to(clock.dtype)
        phases[i] = start[:, :, None] + clock.constant(frequency_hz) * since_s
    return phases
