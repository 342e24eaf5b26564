"""Recordings with a steady pitch, to match: a folder with labels.csv and audio/, as the packs of the evaluation."""

import csv
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from doppelganger.labels.measure.measurements import measure_block
from synths.matching.pitch import pitch_of, pitch_track
from synths.matching.target import read_target

# A recording is taken if so many of its loud frames have a pitch, and if its middle half is so narrow.
VOICED, SPREAD_SEMITONES = 0.6, 1.0
RULE = (
    f"in an order drawn from the seed, clips of which at least {VOICED:.0%} of the loud frames have a pitch by pYIN, "
    f"with an interquartile range of at most {SPREAD_SEMITONES:g} semitone"
)


def recordings(
    folder: Path, n: int, sample_rate: int, seconds: float, seed: int
) -> tuple[list[str], Tensor, Tensor, int]:
    """The first n recordings that the rule takes: files, sounds (n, n_samples), pitches (n,), and number looked at.

    Raises:
        ValueError: there are fewer.
    """
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        files = [row["file"] for row in csv.DictReader(table)]
    taken, sounds, pitches = [], [], []
    for n_seen, i in enumerate(np.random.default_rng(seed).permutation(len(files)), start=1):
        try:
            target = read_target(folder / files[i], sample_rate=sample_rate, seconds=seconds)
        except ValueError:  # silent or clipped
            continue
        track = pitch_track(target.sound, sample_rate)
        clear = track[np.isfinite(track)]
        steady = len(clear) >= VOICED * len(track) and np.subtract(*np.percentile(clear, [75, 25])) <= SPREAD_SEMITONES
        if steady:
            taken.append(files[i])
            sounds.append(target.sound)
            pitches.append(float(np.median(clear)))
        if len(taken) == n:
            return taken, torch.stack(sounds), torch.tensor(pitches, dtype=torch.float64), n_seen
    raise ValueError(f"expected {n} recordings with a steady pitch in {folder}; there are {len(taken)}")


def cents_by_pyin(sounds: Tensor, pitch: Tensor, sample_rate: int) -> list[float | None]:
    """Difference of pitch from a MIDI note number for each sound, in cents; None where one has no pitch."""
    found = torch.tensor([pitch_of(sound, sample_rate) for sound in sounds], dtype=torch.float64)
    return _or_none(100 * (found - pitch))


def cents_by_autocorrelation(sounds: Tensor, targets: Tensor, sample_rate: int) -> list[float | None]:
    """The same from each target, by another tracker than the search's."""
    found, wanted = (measure_block(x.float(), sample_rate).facts["pitch_hz"] for x in (sounds, targets))
    return _or_none(1200 * (found / wanted).log2())


def median(cents: list[float | None]) -> float | None:
    """Median of the absolute values; a sound without a pitch counts as infinitely far away."""
    middle = float(np.median([math.inf if value is None else abs(value) for value in cents]))
    return middle if math.isfinite(middle) else None


def _or_none(values: Tensor) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]
