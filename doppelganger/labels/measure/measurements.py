"""Measurements: every fact of a waveform, in one pass."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from doppelganger.labels.measure import envelope, harmonics, pitch, spectrum, tremolo
from doppelganger.labels.measure.frames import cut

FACTS = (*envelope.FACTS, *spectrum.FACTS, *pitch.FACTS, *tremolo.FACTS, *harmonics.FACTS)

_BLOCK = 1 << 19  # samples measured at once on a CPU


@dataclass(frozen=True)
class Measurements:
    """Measurements of a batch of sounds.

    Args:
        values: float32 (batch, n_facts), values of `FACTS`; nan where inaudible.
        envelope: (batch, n_blocks), see `measure.frames`.
        block_s: time between values of the envelope.
    """

    values: Tensor
    envelope: Tensor
    block_s: float

    @cached_property
    def facts(self) -> dict[str, Tensor]:
        """The values by name, (batch,) each."""
        return {fact.name: value for fact, value in zip(FACTS, self.values.unbind(dim=1), strict=True)}

    def rows(self, rows: Tensor | slice) -> "Measurements":
        """Measurements of some of the sounds: int64 (n,), or a slice."""
        return Measurements(self.values[rows], self.envelope[rows], self.block_s)


def measure_block(sound: Tensor, sample_rate: int) -> Measurements:
    """Measurements of sounds (batch, n_samples) of float32, all at once."""
    frames = cut(sound, sample_rate)
    facts = envelope.measure(frames) | spectrum.measure(frames) | pitch.measure(frames) | tremolo.measure(frames)
    given = (facts[name] for name in ("pitch_hz", "glide", "harmonicity", "tonal_share"))
    facts |= harmonics.measure(frames, *given)
    values = torch.stack([facts[fact.name] for fact in FACTS], dim=1)
    return Measurements(values.masked_fill(frames.peak.isnan(), torch.nan), frames.envelope, frames.block_s)


def measure(
    sound: Tensor, sample_rate: int, block: Callable[[Tensor, int], Measurements] = measure_block
) -> Measurements:
    """Measurements of sounds (batch, n_samples), in [-1, 1]; `block` may be a compiled `measure_block`."""
    rows = max(1, _BLOCK // sound.shape[1]) if sound.device.type == "cpu" else max(1, len(sound))
    with torch.no_grad(), torch.autocast(sound.device.type, enabled=False):
        measured = [block(some.float(), sample_rate) for some in sound.split(rows)]
    return Measurements(
        torch.cat([m.values for m in measured]), torch.cat([m.envelope for m in measured]), measured[0].block_s
    )
