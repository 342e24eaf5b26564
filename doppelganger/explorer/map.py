"""A plane of sounds by their embeddings: of several synths, and of a folder of recordings."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from doppelganger.embedding.audio import UnusableClip, read_blocks
from doppelganger.embedding.sound_files import sound_files, text_of
from doppelganger.embedding.windows import beginning
from doppelganger.explorer.similarity import Similarity
from doppelganger.explorer.sounds import audio_synth_of
from doppelganger.explorer.state import State
from synths.files import encoding

MOST_SYNTHS, MOST_SOUNDS, _MOST_FILES = 8, 60, 200
_SECONDS, _SAMPLE_RATE, _N_NEAREST = 10.0, 16000, 5


class SoundMap:
    """Maps of sounds of synths and of the sound files below a folder.

    Args:
        similarity: holds the encoder.
        folder: folder of recordings, or None; its first 200 sound files, of each the first 10 s.

    Raises:
        ValueError: no sound files below the folder.
    """

    def __init__(self, similarity: Similarity, folder: Path | None = None):
        self.similarity, self.folder = similarity, folder
        found = sound_files(folder) if folder else []
        self.paths, self.n_more = found[:_MOST_FILES], max(0, len(found) - _MOST_FILES)
        self.make = lru_cache(maxsize=8)(self._make)

    def _make(self, synths: tuple[str, ...], n: int, seed: int) -> dict[str, Any]:
        """Points of sounds 0 to n - 1 of each synth and of the folder's files.

        Returns:
            `points`: x and y from 0 to 1, label, name, the query of a synth's sound or the number of a file, and its
            `nearest` five points with their similarities; `variance`: shares of the embeddings' variance along x and y;
            `skipped`: unusable files, with reasons; `n_more`: number of the folder's files after the first 200.
        """
        of_files, skipped = self._of_files()
        points_and_sounds = [*(each for name in synths for each in _of_synth(name, n, seed)), *of_files]
        if len(points_and_sounds) < 3:
            raise ValueError("synths: expected three sounds or more on a map")
        points = [point for point, _ in points_and_sounds]
        x = self.similarity.embed([sound for _, sound in points_and_sounds], _SAMPLE_RATE)
        x = x - x.mean(axis=0)
        x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
        places, variance = _flatten(x)
        cosines = x @ x.T
        np.fill_diagonal(cosines, -2)
        for point, place, row in zip(points, places, cosines, strict=True):
            nearest = row.argsort()[::-1][:_N_NEAREST].tolist()
            point |= {"x": round(float(place[0]), 4), "y": round(float(place[1]), 4)}
            point["nearest"] = [[i, round(float(row[i]), 3)] for i in nearest if row[i] > -2]
        about = {"variance": [round(share, 3) for share in variance.tolist()], "encoder": self.similarity.name}
        about |= {"skipped": skipped, "n_more": self.n_more}
        return {"points": points, **about}

    def _of_files(self) -> tuple[list[tuple[dict[str, Any], np.ndarray]], list[dict[str, str]]]:
        """Point and sound of each usable file of the folder; the names of the others, with reasons."""
        found, skipped = [], []
        for number, path in enumerate(self.paths):
            name = text_of(path.relative_to(self.folder or path))
            try:
                found.append(({"label": "folder", "name": name, "file": number}, self._read(path)))
            except UnusableClip as error:
                skipped.append({"name": name, "reason": str(error)})
        return found, skipped

    def wav(self, number: int) -> bytes:
        """The first 10 s of a file of the folder, by its number.

        Raises:
            ValueError: no such number, or an unusable file.
        """
        if not number < len(self.paths):
            raise ValueError(f"file: expected a number below {len(self.paths)}; got {number}")
        return encoding.encode(torch.from_numpy(self._read(self.paths[number])), _SAMPLE_RATE, "wav")

    def _read(self, path: Path) -> np.ndarray:
        return beginning(read_blocks(path, _SAMPLE_RATE), round(_SECONDS * _SAMPLE_RATE))


def _of_synth(name: str, n: int, seed: int) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Point and sound of items 0 to n - 1 of a synth."""
    with torch.inference_mode():
        sounds = audio_synth_of(State(name, seed=seed, n=0)).play(torch.arange(n), seed).numpy()
    for i, sound in enumerate(sounds):
        yield {"label": name, "name": f"{name} {i}", "query": State(name, seed=seed, index=i).query()}, sound


def _flatten(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, 2) in [0, 1] of rows (n, dim): their first two principal components, and their shares of variance."""
    x = x - x.mean(axis=0)
    _, deviations, directions = np.linalg.svd(x, full_matrices=False)
    places = x @ directions[:2].T
    places -= places.min(axis=0)
    variances = deviations**2
    return places / max(places.max(), 1e-9), variances[:2] / max(variances.sum(), 1e-9)


def names_of(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Names of synths from "voice,drum".

    Raises:
        ValueError: an unknown one, or more than eight.
    """
    names = tuple(dict.fromkeys(name for name in text.split(",") if name))
    if len(names) > MOST_SYNTHS:
        raise ValueError(f"synths: expected at most {MOST_SYNTHS}; got {len(names)}")
    for name in names:
        if name not in known:
            raise ValueError(f"synths: expected some of {', '.join(known)}; got {name[:40]!r}")
    return names
