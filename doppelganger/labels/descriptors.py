"""Descriptors: everything that is measured on a waveform, in one pass."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from doppelganger.labels.hearing import envelope, harmonics, pitch, spectrum, tremolo
from doppelganger.labels.hearing.frames import cut

FACTS = (*envelope.FACTS, *spectrum.FACTS, *pitch.FACTS, *tremolo.FACTS, *harmonics.FACTS)

_BLOCK = 1 << 19  # samples that are listened to at once on a CPU


@dataclass(frozen=True)
class Heard:
    """What was measured on a batch of sounds.

    Args:
        values: float32 (batch, n_facts), of `FACTS`; nan where there is nothing to hear.
        envelope: (batch, n_blocks), see `hearing.frames`.
        block_s: from one value of the envelope to the next.
    """

    values: Tensor
    envelope: Tensor
    block_s: float

    @cached_property
    def facts(self) -> dict[str, Tensor]:
        """The values by name, (batch,) each."""
        return {fact.name: value for fact, value in zip(FACTS, self.values.unbind(dim=1), strict=True)}

    def rows(self, rows: Tensor | slice) -> "Heard":
        """What was measured on some of the sounds, int64 (n,) or from one to another."""
        return Heard(self.values[rows], self.envelope[rows], self.block_s)


def measured(sound: Tensor, sample_rate: int) -> Heard:
    """What is measured on sounds (batch, n_samples) of float32, all at once."""
    frames = cut(sound, sample_rate)
    facts = envelope.measure(frames) | spectrum.measure(frames) | pitch.measure(frames) | tremolo.measure(frames)
    given = (facts[name] for name in ("pitch_hz", "glide", "harmonicity", "tonal_share"))
    facts |= harmonics.measure(frames, *given)
    values = torch.stack([facts[fact.name] for fact in FACTS], dim=1)
    return Heard(values.masked_fill(frames.peak.isnan(), torch.nan), frames.envelope, frames.block_s)


def hear(sound: Tensor, sample_rate: int, measure: Callable[[Tensor, int], Heard] = measured) -> Heard:
    """What is measured on sounds (batch, n_samples), in [-1, 1]; `measure` may be a compiled `measured`."""
    rows = max(1, _BLOCK // sound.shape[1]) if sound.device.type == "cpu" else max(1, len(sound))
    with torch.no_grad(), torch.autocast(sound.device.type, enabled=False):
        heard = [measure(some.float(), sample_rate) for some in sound.split(rows)]
    return Heard(torch.cat([h.values for h in heard]), torch.cat([h.envelope for h in heard]), heard[0].block_s)
