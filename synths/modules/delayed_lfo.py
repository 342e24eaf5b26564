"""Delayed LFO: vibrato and tremolo that set in after the start of a note."""

import torch
from torch import Tensor

from synths.dsp import chance, noise
from synths.dsp.choices import chosen
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

_LONGEST_FADE_S = 0.67


class DelayedLFO(Module):
    """A low-frequency oscillator of one of six shapes, silent at first, then faded in.

    Gradient: zero through the shape and through `sync`, and across the jumps of saws, square and random steps.

    Source: Yamaha DX7 owner's manual, 1983; the fade as measured in Dexed, `Lfo`.
    """

    knobs = (
        Parameter(
            "wave", 0, 6, "choice", doc="0 triangle, 1 falling saw, 2 rising saw, 3 square, 4 sine, 5 random steps"
        ),
        Parameter("frequency", 0.06, 49.3, "Hz", curve=0.4, doc="rate"),
        Parameter(
            "delay", 0, 2.7, "s", curve=0.4, doc="time before it fades in, over as long again but at most 0.67 s"
        ),
        Parameter("pitch_depth", 0, 12, "semitone", curve=0.15, doc="how far it moves pitch, up and down"),
        Parameter("level_depth", 0, 1, "ratio", curve=0.3, doc="how far it lowers the operators that react to it"),
        Parameter("sync", 0, 2, "choice", doc="1: it starts with the note; 0: anywhere in its cycle"),
    )

    def forward(
        self,
        clock: Clock,
        key: Tensor,
        *,
        wave: Tensor,
        frequency: Tensor,
        delay: Tensor,
        pitch_depth: Tensor,
        level_depth: Tensor,
        sync: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Takes noise keys; returns control signals: pitch in semitones, and how far levels are lowered in [0, 1]."""
        steps = Clock(clock.sample_rate, 1, clock.n_frames + 2, clock.device, torch.float64)
        random = (1 + noise.white(chance.another(key, 7), steps)[:, :, 0]) / 2
        start = torch.where(sync.detach() >= 1, 0.5, random[:, 0])
        turns = start[:, None] + clock.boundaries_s() * frequency[:, None]
        place = turns - turns.detach().floor()
        # A saw, and its opposite, jump where a cycle that starts with the note begins.
        rising = place + 0.5 - (place.detach() + 0.5).floor()
        step = random.gather(1, 1 + (turns.detach() + 0.5).floor().long().clamp(0, clock.n_frames))
        square, sine = (place.detach() < 0.5).to(turns.dtype), (1 + torch.sin(2 * torch.pi * place)) / 2
        shapes = torch.stack([1 - (2 * place - 1).abs(), 1 - rising, rising, square, sine, step])
        is_wave = torch.arange(len(shapes), device=wave.device)[:, None] == chosen(wave, len(shapes))
        value = (shapes * is_wave[:, :, None]).sum(dim=0)

        since_s = clock.boundaries_s() - delay[:, None]
        fade = (since_s / delay.clamp(1e-3, _LONGEST_FADE_S)[:, None]).clamp(0, 1)
        return (
            pitch_depth[:, None] * fade * (2 * value - 1),
            level_depth[:, None] * fade * (1 - value),
        )
