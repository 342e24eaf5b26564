"""Task: clips, what they are, and which of them may be learned from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


class UnusableClip(ValueError):
    """A clip that cannot be evaluated, and why: missing, corrupt, empty, NaN."""


@dataclass(frozen=True)
class Task:
    """A question asked of an encoder.

    Args:
        name: what tables call it.
        clips: a name a clip, for messages and reports.
        labels: a class a clip.
        folds: a fold a clip, see `splits`.
        load: clip number -> its waveform, mono float32 (samples,), at `sample_rate`. May be called from
            several threads at once; raises `UnusableClip`.
        sample_rate: in Hz.
        about: one sentence on what is asked, for the report.
    """

    name: str
    clips: Sequence[str]
    labels: Sequence[str]
    folds: Sequence[str]
    load: Callable[[int], np.ndarray]
    sample_rate: int
    about: str = ""

    def __len__(self) -> int:
        return len(self.clips)
