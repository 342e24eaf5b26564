"""How loud, and how it comes and goes."""

import math

import torch
from torch import Tensor

from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.frames import Frames, first

FACTS = (
    Fact("level_db", "dB", 1.5, False, "level of what is heard, against full scale"),
    Fact("onset_s", "s", 0.03, False, "when it starts: 20 dB below its peak"),
    Fact("attack_s", "s", 1.3, True, "from 20 dB below the peak to 1 dB below it"),
    Fact("decay_s", "s", 1.3, True, "from the last peak to 20 dB below it, where it falls so far"),
    Fact("length_s", "s", 1.2, True, "from the start to where it stays 20 dB below the peak, or to the end"),
    Fact("sustain", "ratio", 0.1, False, "mean of the envelope against its peak, while it is heard"),
    Fact("n_attacks", "none", 1.0, False, "how often it comes anew, at least 9 dB up"),
    Fact("swell", "ratio", 0.15, False, "where the peak lies: 0 is at the start, 1 at the end"),
)


def measure(frames: Frames) -> dict[str, Tensor]:
    """Facts of the envelope, each (batch,)."""
    envelope, s = frames.envelope / frames.peak, frames.block_s
    n = envelope.shape[1]
    heard, loud = envelope >= 0.1, envelope >= 0.9
    start, end = first(heard), n - 1 - first(heard.flip(1))
    top, last_top = first(loud), n - 1 - first(loud.flip(1))
    block = torch.arange(n, device=envelope.device)
    inside = (block >= start[:, None]) & (block <= end[:, None])
    # Smoothing draws a sound out by a block where it starts or ends within the clip.
    length = (end - (end < n - 1).int() - start - (start > 0).int() + 1).clamp_min(1)
    mean_square = (frames.envelope.square() * heard).sum(dim=1) / heard.sum(dim=1)
    silent = frames.peak[:, 0].isnan()
    facts = {
        "level_db": 10 * mean_square.log10(),
        "onset_s": (start + (start > 0).int()) * s,
        "attack_s": (top - start).clamp_min(1) * s,
        # It may still be sounding where the clip ends.
        "decay_s": torch.where(end < n - 1, (end - last_top).clamp_min(1) * s, math.nan),
        "length_s": length * s,
        "sustain": (envelope * inside).sum(dim=1) / inside.sum(dim=1),
        "n_attacks": _attacks(envelope),
        "swell": (envelope.nan_to_num().argmax(dim=1) - start) / inside.sum(dim=1),
    }
    return {name: torch.where(silent, math.nan, value.float()) for name, value in facts.items()}


def _attacks(envelope: Tensor) -> Tensor:
    """Rises from below 0.12 to above 0.35 of the peak, with the first: (batch,)."""
    state = (envelope > 0.35).int() - (envelope < 0.12).int()
    # Between the two thresholds the state before holds on; before all, it is quiet.
    place = torch.where(state != 0, torch.arange(state.shape[1], device=state.device), 0).cummax(dim=1).values
    up = state.gather(1, place) > 0
    return up[:, 0] + (up[:, 1:] & ~up[:, :-1]).sum(dim=1)
