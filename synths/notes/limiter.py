"""Limiter: bounds a mix to full scale."""

import torch
from torch import Tensor

_WINDOW_S = 0.02
_BLOCK = 1 << 20  # samples


def limit(sound: Tensor, sample_rate: int) -> Tensor:
    """A mix turned down where it would clip, all channels by the same gain.

    With the peak ``a[n] = max(1, |x[n]|)`` over all channels and a window of W samples, the power of two nearest to
    20 ms: ``least[m] = min(1 / a[m], ..., 1 / a[m + W - 1])`` and ``y[n] = x[n] * mean(least[n - W + 1], ...,
    least[n])``. So the gain begins to fall 20 ms before a peak and is back 20 ms after, ``|y| <= 1`` everywhere, and
    ``y = x`` where nothing within 20 ms exceeds 1.

    Args:
        sound: (..., n_channels, n_samples).
        sample_rate: in Hz.

    Returns:
        the same shape, in [-1, 1].
    """
    # Elsewhere a look would wait for the device.
    if not sound.numel() or (sound.device.type == "cpu" and sound.detach().abs().max() <= 1):
        return sound
    width = 1 << max(0, round(_WINDOW_S * sample_rate).bit_length() - 1)
    if 1.5 * width < _WINDOW_S * sample_rate:
        width *= 2
    n = sound.shape[-1]
    blocks = []
    for start in range(0, n, _BLOCK):
        end = min(n, start + _BLOCK)
        first, last = max(0, start - width + 1), min(n, end + width - 1)
        peak = sound[..., first:last].abs().amax(dim=-2, keepdim=True)
        peak = torch.nn.functional.pad(peak, (width - 1 - (start - first), width - 1 - (last - end))).clamp_min(1)
        gain = _over_window(_over_window(peak, width, torch.maximum).reciprocal(), width, torch.add) / width
        blocks.append((sound[..., start:end] * gain).clamp(-1, 1))
    return torch.cat(blocks, dim=-1)


def _over_window(x: Tensor, width: int, of_two) -> Tensor:
    """The maximum or the sum of each `width` samples, a power of two, of which there are n - width + 1."""
    step = 1
    while step < width:
        x = of_two(x[..., :-step], x[..., step:])
        step *= 2
    return x
