"""Delay lines and echoes."""

import torch
from torch import Tensor

from synths.dsp.clock import Clock, settled


def delayed(audio: Tensor, delay_s: Tensor, clock: Clock) -> Tensor:
    """Audio as it was `delay_s` ago, by a straight line between the two nearest samples.

    Args:
        audio: (batch, n_frames, hop), silent before its start.
        delay_s: (batch, n_frames + 1), not negative; where it moves, pitch bends.

    Returns:
        (batch, n_frames, hop).
    """
    # One sample of silence comes first: it stands for all times before the start.
    flat = settled(torch.nn.functional.pad(audio.flatten(1), (1, 0)))
    sample = torch.arange(1, flat.shape[1], device=audio.device)
    delay = (clock.to_audio(delay_s.clamp_min(0)) * clock.sample_rate).flatten(1)
    whole = delay.detach().floor()
    part = delay - whole
    at = sample - whole.long()
    now, before = (flat.gather(1, place.clamp_min(0)) for place in (at, at - 1))
    return torch.lerp(now, before, part).view_as(audio)


def echoes(time_s: Tensor, feedback: Tensor, clock: Clock) -> Tensor:
    """Impulse response of an echo whose every repeat is `feedback` times the one before, the first at 1.

    ``feedback ** (k - 1)`` at k * time_s for k = 1, 2, ..., each shared out between the two nearest samples.

    Args:
        time_s: (batch,), between repeats; at least two samples.
        feedback: (batch,) in [0, 1).

    Returns:
        (batch, n_frames, hop).
    """
    n = clock.n_frames * clock.hop
    sample = torch.arange(n, device=time_s.device, dtype=torch.float64)
    period = (time_s * clock.sample_rate).clamp_min(2)[:, None]
    repeat = (sample / period).detach().round()
    share = (1 - (sample - repeat * period).abs()).clamp_min(0)
    level = torch.where(repeat > 0, feedback.clamp_min(1e-6)[:, None] ** (repeat - 1).clamp_min(0), 0.0)
    return (level * share).to(clock.dtype).unflatten(1, (clock.n_frames, clock.hop))
