"""Crops of recordings, by index, in the form of a synth."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
import torch
from torch import Tensor

from doppelganger.embedding.windows import crop
from doppelganger.recordings.remote import NotFetched
from doppelganger.recordings.sources import Source, open_source
from synths import random
from synths.files.plain_data import reason
from synths.parameters import Parameter, ParameterSpace
from synths.synth import AudioSynth

_MOST = 1 << 22  # theta in single precision tells this many recordings apart
_N_TRIES = 16


class Crops(AudioSynth):
    """Recordings in place of a synth: theta chooses the recording, the noise key the place of the crop.

    So every stream, data module and objective takes recordings, and a `SynthBank` mixes them with synths in any share.
    The two views of a pair are two crops of one recording, as in COLA and BYOL-A: a perturbation leaves a choice as it
    is, and the views' noise differs; those of a recording shorter than a crop are the same. The crop with a number is
    always the same one.

    Recordings are mixed down to mono and resampled. A shorter one is padded with zeros, and a crop whose peak is beyond
    full scale gets a peak of 1. A recording that cannot be read is named once, and the next one takes its place; of one
    that is cut off, only for the crops that it lacks.

    Args:
        recordings: path of a folder, of tar shards or of a data set, or URL of a corpus (`open_source`); or a `Source`.
        sample_rate: in Hz.
        seconds: length of a crop.
        kwargs: `ranges`, see `Synth`.

    Raises:
        ValueError: no recordings, or more than 4,194,304.

    Gradient: none.

    Source: Saeed, Grangier and Zeghidour, Contrastive Learning of General-Purpose Audio Representations (COLA), 2021.
    """

    def __init__(
        self, recordings: str | Path | Source, *, sample_rate: int = 16000, seconds: float = 1.0, **kwargs: Any
    ):
        self.recordings = open_source(recordings) if isinstance(recordings, (str, Path)) else recordings
        n = len(self.recordings)
        if not 0 < n <= _MOST:
            raise ValueError(f"recordings: expected 1 to {_MOST} recordings; got {n}")
        choice = Parameter("recording", 0, n, "choice", doc="which one, in the order of their names")
        super().__init__(ParameterSpace([choice]), sample_rate=sample_rate, seconds=seconds, **kwargs)
        self._unreadable: dict[int, object] = {}

    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        numbers = physical[:, 0].long().clamp(0, len(self.recordings) - 1).tolist()
        places = random.uniform(key, 1, seed=0, stream="crop")[:, 0].tolist()
        with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as threads:
            crops = list(threads.map(self._readable, numbers, places))
        return torch.stack(crops).to(physical.device, dtype)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: files are read, not computed."""

    def _readable(self, number: int, place: float) -> Tensor:
        """A crop of the recording with a number, or else of the next one that can be read."""
        for attempt in range(min(_N_TRIES, len(self.recordings))):
            each = (number + attempt) % len(self.recordings)
            try:  # also one that failed before: a cut-off file has crops, which must not depend on what was read since
                return self._crop(each, place)
            except NotFetched:
                raise
            except (soundfile.SoundFileError, TypeError):
                self._leave_out(each, "not a readable sound file")
            except (OSError, ValueError) as error:
                self._leave_out(each, reason(error))
        name, n = self.recordings.name(number), min(_N_TRIES, len(self.recordings))
        raise ValueError(f"recordings: expected sound files; none of the {n} from {name} on can be read")

    def _leave_out(self, number: int, reason: str) -> None:
        mark = object()
        if self._unreadable.setdefault(number, mark) is mark:  # of several threads that read one file, the first
            warnings.warn(
                f"{self.recordings.name(number)} is left out of the training where it cannot be read: {reason}",
                stacklevel=2,
            )

    def _crop(self, number: int, place: float) -> Tensor:
        with self.recordings.open(number) as stream, soundfile.SoundFile(stream) as file:
            if not file.frames:
                raise ValueError("holds no samples")
            n_wanted = -(-self.n_samples * file.samplerate // self.sample_rate)
            file.seek(int(place * (max(file.frames - n_wanted, 0) + 1)))
            sound = file.read(n_wanted, dtype="float32", always_2d=True).mean(axis=1)
            if not np.isfinite(sound).all():
                raise ValueError("holds NaN or infinite samples")
            sound = soxr.resample(sound, file.samplerate, self.sample_rate)
        if not len(sound):
            raise ValueError(f"is shorter than one sample at {self.sample_rate} Hz")
        sound /= max(1.0, np.abs(sound).max())  # floats may be beyond full scale; to clip them would add overtones
        return crop(torch.from_numpy(sound), self.n_samples)
