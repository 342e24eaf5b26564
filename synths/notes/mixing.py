"""A score played by instruments: notes rendered one by one and mixed in stereo."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from synths import random
from synths.notes.curve import Curve
from synths.notes.midi import Score, ScoreNote
from synths.notes.note_synth import NoteSynth, bucket
from synths.notes.notes import Notes

LONGEST_NOTE_S = 120.0  # a longer one would not fit into memory
_LARGEST_MIX = 1 << 31  # bytes: 101 minutes at 44.1 kHz
# Notes that are rendered before they are mixed, and the most of one call. On a CPU that is one note per call: its bytes
# would depend on the notes that are rendered with it.
_CPU_BLOCK, _CPU_ROWS = 1, 1
_GPU_BLOCK, _GPU_ROWS = 256, 64
_STEP = 64  # samples between the points of a moving gain


@dataclass(frozen=True, eq=False)
class Part:
    """An instrument with a patch.

    Args:
        voice: the instrument.
        physical: (1, n_parameters) float64, its patch, in each parameter's unit.
        gain_db: level in the mix.
        pan: from -1 (left) to 1 (right), added to the pan of the channel.
    """

    voice: NoteSynth
    physical: Tensor
    gain_db: float = 0.0
    pan: float = 0.0


class PartNote(NamedTuple):
    """A note and the part that plays it."""

    note: ScoreNote
    part: Part


def mix(
    score: Score,
    played: Sequence[PartNote],
    sample_rate: int,
    seed: int = 0,
    progress: Callable[[Sequence[int]], Iterable[int]] = iter,
) -> Tensor:
    """The sum of notes in stereo, not yet limited.

    A note has the pan of its channel at constant power: left ``cos(pi p / 2)`` and right ``sin(pi p / 2)``, with p
    from 0 (left) to 1 (right). Notes are added in their order, so the result does not depend on how many are rendered
    at once.

    Args:
        score: pitch wheels, pans and volumes of the channels.
        played: the notes.
        sample_rate: of every part, in Hz.
        seed: seed for the noise of the notes.
        progress: called with the numbers of the notes, returns them one by one.

    Returns:
        (2, n_samples), on the CPU, up to the end of the last note.

    Raises:
        ValueError: no notes, or a mix of more than 2 GiB.
    """
    if not played:
        raise ValueError("expected notes that an instrument plays; got none")
    starts = [round(note.onset_s * sample_rate) for note, _ in played]
    lengths = [_n_samples(each, sample_rate) for each in played]
    n_samples = max(start + length for start, length in zip(starts, lengths, strict=True))
    if 8 * n_samples > _LARGEST_MIX:
        most_s = _LARGEST_MIX / 8 / sample_rate
        raise ValueError(
            f"expected at most {most_s / 60:.0f} minutes at {sample_rate} Hz in stereo; "
            f"the notes last {n_samples / sample_rate / 60:.0f} minutes: cut the file, or lower the sample rate"
        )
    mixed = torch.zeros(2, n_samples, dtype=torch.float32)
    keys = random.keys(torch.arange(len(played)), seed=seed, stream="noise")
    for i, sound in zip(progress(range(len(played))), _sounds(score, played, lengths, keys), strict=True):
        mixed[:, starts[i] : starts[i] + lengths[i]] += _in_stereo(sound, score, played[i], sample_rate)
    return mixed


def _sounds(score: Score, played: Sequence[PartNote], lengths: Sequence[int], keys: Tensor) -> Iterator[Tensor]:
    """The sound of each note (n_samples,), in order."""
    on_cpu = played[0].part.physical.device.type == "cpu"
    n_at_once, rows = (_CPU_BLOCK, _CPU_ROWS) if on_cpu else (_GPU_BLOCK, _GPU_ROWS)
    for start in range(0, len(played), n_at_once):
        block = range(start, min(start + n_at_once, len(played)))
        alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        for i in block:
            part = played[i].part
            alike[id(part), bucket(lengths[i], part.voice.sample_rate)].append(i)
        sounds = {}
        for group in alike.values():
            for some in (group[row : row + rows] for row in range(0, len(group), rows)):
                rendered = _rendered(score, [played[i] for i in some], keys[some]).cpu()
                sounds |= {i: sound[: lengths[i]] for i, sound in zip(some, rendered, strict=True)}
        yield from (sounds[i] for i in block)


def _rendered(score: Score, some: Sequence[PartNote], key: Tensor) -> Tensor:
    """Notes of one part: (n_notes, n_samples)."""
    part = some[0].part
    wheels = [score.channels[note.channel].bend for note, _ in some]

    def bend(time_s: Tensor) -> Tensor:
        each = (wheel.at(note.onset_s + time_s) for wheel, (note, _) in zip(wheels, some, strict=True))
        return torch.stack(list(each))

    device = part.physical.device
    moved = any(wheel.moves for wheel in wheels)
    with torch.no_grad():
        return part.voice.notes_from_onset(
            part.physical, _table(some).to(device), key.to(device), bend=bend if moved else None
        )


def _table(some: Sequence[PartNote]) -> Notes:
    rows = [(note.pitch, note.velocity, note.onset_s, min(note.seconds, LONGEST_NOTE_S)) for note, _ in some]
    return Notes(*torch.tensor(rows, dtype=torch.float64).unbind(dim=1))


def _n_samples(each: PartNote, sample_rate: int) -> int:
    part = each.part
    return int(part.voice.keys.n_samples(part.physical.cpu(), _table([each]), sample_rate))


def _in_stereo(sound: Tensor, score: Score, each: PartNote, sample_rate: int) -> Tensor:
    """A sound (n_samples,) with the volume and the pan of its channel: (2, n_samples)."""
    channel, onset_s = score.channels[each.note.channel], each.note.onset_s
    gain = _over(channel.gain, onset_s, len(sound), sample_rate) * 10 ** (each.part.gain_db / 20)
    place = (_over(channel.pan, onset_s, len(sound), sample_rate) + each.part.pan / 2).clamp(0, 1)
    angle = math.pi / 2 * place
    return (torch.stack([torch.cos(angle), torch.sin(angle)]) * gain).float() * sound


def _over(curve: Curve, onset_s: float, n_samples: int, sample_rate: int) -> Tensor:
    """A curve from an onset on, in straight lines between points: (n_samples,), or (1,) where it does not move."""
    points_s = onset_s + torch.arange(0, n_samples + _STEP, _STEP, dtype=torch.float64) / sample_rate
    if curve.is_constant(onset_s, points_s[-1].item()):
        return curve.at(points_s[:1])
    values = curve.at(points_s)
    start, end = values[:-1, None], values[1:, None]
    return (start + (end - start) * torch.arange(_STEP) / _STEP).flatten()[:n_samples]
