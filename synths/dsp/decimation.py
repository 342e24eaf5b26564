"""Decimation: fewer samples per second, without what the lower rate cannot hold."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from synths.dsp.products import matmul

REACH = 32  # samples of the result on either side of a sample that it is made of


def decimate(audio: Tensor, factor: int) -> Tensor:
    """Every `factor`-th sample, after a low-pass of linear phase. Sample n is at the time of audio's n * factor.

    The low-pass is flat up to 0.85 of the highest frequency that is left, and from there on 80 dB down.

    Args:
        audio: (batch, n_frames, factor * hop); silence is before it and after it.
        factor: 1 changes nothing.

    Returns:
        (batch, n_frames, hop).

    Source: Kaiser, Nonrecursive Digital Filter Design Using the I0-sinh Window Function, 1974.
    """
    if factor == 1:
        return audio
    beside, frame = REACH * factor, audio.shape[2]
    around = pad(audio.flatten(1), (beside, beside)).unfold(1, frame + 2 * beside, frame)
    # One column for each sample of a frame: the same taps, further down by `factor` each.
    row = torch.arange(around.shape[2], dtype=torch.float64, device=audio.device)
    column = torch.arange(frame // factor, dtype=torch.float64, device=audio.device)
    taps = _lowpass(row[:, None] / factor - REACH - column)
    return matmul(around, (taps / taps.sum(dim=0)).to(audio.dtype))


def _lowpass(time: Tensor) -> Tensor:
    """Impulse response at a time in samples of the result: a sinc under Kaiser's window."""
    window = torch.special.i0(7.857 * (1 - (time / REACH).square()).clamp_min(0).sqrt())
    return torch.sinc(0.925 * time) * window * (time.abs() <= REACH)
