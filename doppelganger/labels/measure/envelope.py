"""Level, attack, decay and other facts of the envelope."""

import math

import torch
from torch import Tensor

from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.frames import Frames, first

FACTS = (
    Fact("level_db", "dB", 1.5, False, "level of the audible part, against full scale"),
    Fact("onset_s", "s", 0.03, False, "start of the sound: 20 dB below its peak"),
    Fact("attack_s", "s", 1.3, True, "attack time, from 20 dB to 1 dB below the peak"),
    Fact("decay_s", "s", 1.3, True, "decay time from the last peak to 20 dB below; nan if the clip ends before"),
    Fact("length_s", "s", 1.2, True, "time from the start until 20 dB below the peak, or until the end"),
    Fact("sustain", "ratio", 0.1, False, "mean of the envelope over its length, against its peak"),
    Fact("n_attacks", "none", 1.0, False, "number of onsets, each at least 9 dB above the level before"),
    Fact("swell", "ratio", 0.15, False, "position of the peak: 0 at the start, 1 at the end"),
)


def measure(frames: Frames) -> dict[str, Tensor]:
    """Facts of the envelope, each (batch,)."""
    envelope, s = frames.envelope / frames.peak, frames.block_s
    n = envelope.shape[1]
    audible, loud = envelope >= 0.1, envelope >= 0.9
    start, end = first(audible), n - 1 - first(audible.flip(1))
    top, last_top = first(loud), n - 1 - first(loud.flip(1))
    block = torch.arange(n, device=envelope.device)
    inside = (block >= start[:, None]) & (block <= end[:, None])
    # Smoothing extends a sound by one block at a start or an end within the clip.
    length = (end - (end < n - 1).int() - start - (start > 0).int() + 1).clamp_min(1)
    mean_square = (frames.envelope.square() * audible).sum(dim=1) / audible.sum(dim=1)
    silent = frames.peak[:, 0].isnan()
    facts = {
        "level_db": 10 * mean_square.log10(),
        "onset_s": (start + (start > 0).int()) * s,
        "attack_s": (top - start).clamp_min(1) * s,
        # The clip may end before the sound does.
        "decay_s": torch.where(end < n - 1, (end - last_top).clamp_min(1) * s, math.nan),
        "length_s": length * s,
        "sustain": (envelope * inside).sum(dim=1) / inside.sum(dim=1),
        "n_attacks": _attacks(envelope),
        "swell": (envelope.nan_to_num().argmax(dim=1) - start) / inside.sum(dim=1),
    }
    return {name: torch.where(silent, math.nan, value.float()) for name, value in facts.items()}


def _attacks(envelope: Tensor) -> Tensor:
    """Number of rises from below 0.12 to above 0.35 of the peak, the first included: (batch,)."""
    state = (envelope > 0.35).int() - (envelope < 0.12).int()
    # Hysteresis: between the thresholds the state stays; it starts quiet.
    place = torch.where(state != 0, torch.arange(state.shape[1], device=state.device), 0).cummax(dim=1).values
    up = state.gather(1, place) > 0
    return up[:, 0] + (up[:, 1:] & ~up[:, :-1]).sum(dim=1)
