"""Similarity of doppelgängers to their original under an encoder, beside that of random pairs."""

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
import soxr
import torch

from doppelganger.embedding.embed import embed_clips
from doppelganger.encoders import Encoder
from doppelganger.explorer.sounds import audio_synth_of, render
from doppelganger.explorer.state import State
from doppelganger.finding import find_encoder

_N_RANDOM, _FIRST = 24, 2**32  # random sounds, of numbers that no state can have
_embedding = Lock()


class Similarity:
    """Cosines of embeddings, measured from the mean embedding of random sounds of the synth.

    Args:
        encoder: as `find_encoder` takes it; loaded when first needed.
    """

    def __init__(self, encoder: str):
        self.name = encoder
        self._encoder: Encoder | None = None
        self._random = lru_cache(maxsize=8)(self._random_embeddings)

    @property
    def encoder(self) -> Encoder:
        """The encoder, in evaluation mode."""
        if self._encoder is None:
            self._encoder = find_encoder(self.name)
        return self._encoder

    def __call__(self, state: State) -> dict[str, Any]:
        """Similarity of each doppelgänger to the original, and quantiles of those of random pairs of the synth.

        Returns:
            encoder; `doppelgangers`: similarity by view; `random`: the 5, 50 and 95 % quantiles of all pairs of 24
            random sounds; `n_pairs`. Every similarity is from -1 to 1.
        """
        with _embedding:
            random = self._random(state.synth, state.preset, state.seconds, state.sample_rate)
            embeddings = self.embed([render(state, view).numpy() for view in state.views], state.sample_rate)
        origin = random.mean(axis=0)
        pairs = _cosines(random - origin, random - origin)[np.triu_indices(len(random), 1)]
        found = _cosines(embeddings[:1] - origin, embeddings[1:] - origin)[0] if state.n else []
        return {
            "encoder": self.name,
            "doppelgangers": {view: round(float(s), 4) for view, s in zip(state.views[1:], found, strict=True)},
            "random": [round(float(q), 4) for q in np.quantile(pairs, (0.05, 0.5, 0.95))],
            "n_pairs": len(pairs),
        }

    def embed(self, sounds: Sequence[np.ndarray], sample_rate: int) -> np.ndarray:
        """Embeddings (n_sounds, dim) of sounds (n_samples,), of a long one the mean over its windows."""
        rate = self.encoder.sample_rate
        clips = [(i, [soxr.resample(x, sample_rate, rate).astype(np.float32)]) for i, x in enumerate(sounds)]
        return np.stack([clip.mean() for clip in embed_clips([self.encoder], clips)])

    def _random_embeddings(self, synth: str, preset: str, seconds: float, sample_rate: int) -> np.ndarray:
        """Embeddings (24, dim) of random sounds of a synth."""
        made = audio_synth_of(State(synth, preset, seconds=seconds, sample_rate=sample_rate))
        with torch.inference_mode():
            sounds = made.play(torch.arange(_FIRST, _FIRST + _N_RANDOM))
        return self.embed(list(sounds.numpy()), sample_rate)


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cosine of each row of a (n, dim) and of b (m, dim): (n, m); 0 with a row of zeros."""
    a, b = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9) for x in (a, b))
    return a @ b.T
