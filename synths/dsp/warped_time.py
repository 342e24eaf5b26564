"""Time that runs faster while pitch is higher: the phase of all operators of a note at once."""

import torch
from torch import Tensor

from synths.dsp.clock import Clock, settled


def warped_time(pitch: Tensor, clock: Clock) -> tuple[Tensor, Tensor]:
    """The integral of ``2 ** (pitch / 12)``: an oscillator of f Hz has made f times as many turns.

    The ratio of frequencies moves in straight lines between frame boundaries, so inside a frame its integral is a
    parabola.

    Args:
        pitch: (batch, n_frames + 1), in semitones; the clock's pitch wheel is added to it.

    Returns:
        time at the start of every frame, (batch, n_frames) in double precision, and since then, (batch, n_frames,
        hop); in seconds.
    """
    if clock.bend is not None:
        pitch = pitch + clock.bend
    ratio = torch.exp2(pitch / 12)
    before, after = ratio[:, :-1], ratio[:, 1:]
    passed_s = (before + after) / 2 * clock.frame_s
    start_s = passed_s.cumsum(dim=1) - passed_s
    before, after = (settled((x * clock.frame_s).to(clock.dtype))[:, :, None] for x in (before, after))
    u = clock.offsets()
    return start_s, u * (before + (after - before) * u / 2)
