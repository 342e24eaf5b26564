"""Probe an encoder for synthesis parameters, which are known for every synthetic sound."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import r2_score
from torch import Tensor

from doppelganger import index_ranges
from doppelganger.embedding.embed import embed_clips
from doppelganger.encoders import Encoder
from doppelganger.evaluation.heads import standardised
from doppelganger.evaluation.synthetic import HELD_NOTE
from doppelganger.streams.pairs import PairStream
from doppelganger.streams.perturbations import Gaussian
from synths.bank import SynthBank
from synths.synth import AudioSynth
from synths.voices.voice import Voice

DELTAS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5)

# Group -> pattern of its parameters' names; the first match counts.
GROUPS = {
    "modulation": r"lfo|mod_|vibrato|tremolo|rate|->",
    "noise": r"noise|breath",
    "envelope": r"adsr|attack|decay|sustain|release|envelope|duration",
    "pitch": r"midi|pitch|tuning|detune|f0|octave",
    "timbre": r"",
}

LEAST_SOUNDS = 100  # half to train on, half to test: fewer scores scatter too far

_BLOCK = 64  # sounds
_PENALTIES = np.logspace(-1, 5, 13)
_LEVELS_DB = (-30.0, 0.0)

Embed = Callable[[Tensor], np.ndarray]


def embedder(encoder: Encoder, device: str = "cpu", on_sound: Callable[[], None] = lambda: None) -> Embed:
    """A function from sounds (batch, n_samples) to embeddings (batch, embedding_dim); calls `on_sound` per sound."""

    def embed(sounds: Tensor) -> np.ndarray:
        means = []
        for clip in embed_clips([encoder], enumerate([sound] for sound in sounds.cpu().numpy()), device):
            means.append(clip.mean())
            on_sound()
        return np.stack(means)

    return embed


def parameter_probe(embed: Embed, synth: AudioSynth, n: int, seed: int = 0) -> list[dict[str, Any]]:
    """How well a linear probe of the embedding predicts each parameter of a synth.

    The probe is fitted on the first half of n sounds that no training used, and tested on the second half.

    Returns:
        for each parameter that is not fixed its `name`, `group` (see `GROUPS`), `metric` and `score`: R2
        (1 is perfect, 0 no better than the mean), or accuracy for a choice; and `chance`, the score of a constant
        prediction. Parameters of a bank are probed on the sounds that have them, and left out where those are fewer
        than `LEAST_SOUNDS`.
    """
    index = index_ranges.PROBE + torch.arange(n)
    theta = synth.sample(index, seed)
    embedding = np.concatenate([embed(_play(synth, part, seed)) for part in index.split(_BLOCK)])
    space, found = synth.space, {}
    chosen = np.floor(space.to_physical(theta).numpy())
    for columns, sounds in _sounds_of_columns(synth, theta):
        fit, test = np.array_split(sounds, 2)
        x = standardised(embedding, fit).numpy()
        choices = [column for column in columns if space[column].unit == "choice"]
        numbers = [column for column in columns if space[column].unit != "choice"]
        for column in choices:
            found[column] = _score_of_choice(x, chosen[:, column], fit, test)
        if numbers:
            scores = _scores_of_numbers(x, theta.numpy()[:, numbers], fit, test)
            found |= dict(zip(numbers, scores, strict=True))
    return [{"name": p.name, "group": _group(p.name), **found[c]} for c, p in enumerate(space) if c in found]


def _sounds_of_columns(synth: AudioSynth, theta: Tensor) -> Iterator[tuple[list[int], np.ndarray]]:
    """Columns of parameters that are not fixed, and the sounds that have them, if enough: those of a bank differ."""
    has = synth.mask(theta).numpy() if isinstance(synth, SynthBank) else np.ones(theta.shape, dtype=bool)
    for having in np.unique(has, axis=1).T:
        columns = [c for c, p in enumerate(synth.space) if p.low < p.high and (has[:, c] == having).all()]
        sounds = np.flatnonzero(having)
        if columns and len(sounds) >= LEAST_SOUNDS:
            yield columns, sounds


def _score_of_choice(x: np.ndarray, chosen: np.ndarray, fit: np.ndarray, test: np.ndarray) -> dict[str, Any]:
    # On wide embeddings, lbfgs takes longer and does not always come to an end.
    rare = len(np.unique(chosen[fit])) < 2  # else LogisticRegression refuses a value that none of these sounds has
    model = DummyClassifier() if rare else LogisticRegression(C=0.1, solver="newton-cg")
    score = model.fit(x[fit], chosen[fit]).score(x[test], chosen[test])
    chance = np.unique(chosen[test], return_counts=True)[1].max() / len(test)
    return {"metric": "accuracy", "score": float(score), "chance": float(chance)}


def _scores_of_numbers(x: np.ndarray, truth: np.ndarray, fit: np.ndarray, test: np.ndarray) -> list[dict[str, Any]]:
    """The score of each column of truth (n_sounds, n_columns)."""
    predicted = _ridge().fit(x[fit], truth[fit]).predict(x[test]).reshape(len(test), -1)
    return [{"metric": "R2", "score": float(score), "chance": 0.0} for score in _r2(truth[test], predicted)]


def pitch_and_intensity(embed: Embed, sample_rate: int, n: int, seed: int = 0) -> dict[str, dict[str, Any]]:
    """How well a linear probe of the embedding predicts the pitch and level of held notes.

    Returns:
        for "pitch" (in octaves) and "intensity" (in dB) the `score` (R2), the `truth` and `predicted` values of the
        second half of the n notes, and `apart_deg`, the angle between the two probes' weights on the standardised
        embedding, from 0 to 90 degrees.
    """
    voice = Voice(sample_rate=sample_rate, seconds=1.0, distribution="physical", ranges=HELD_NOTE)
    index = index_ranges.PROBE + torch.arange(n)
    low, high = _LEVELS_DB
    level_db = low + (high - low) * torch.rand(n, generator=torch.Generator().manual_seed(seed))
    embedding = []
    for part, level in zip(index.split(_BLOCK), level_db.split(_BLOCK), strict=True):
        notes = _play(voice, part, seed)
        peak = notes.abs().amax(dim=1, keepdim=True).clamp_min(1e-6)
        embedding.append(embed(notes / peak * 10 ** (level[:, None] / 20)))
    midi = voice.space.to_physical(voice.sample(index, seed))[:, voice.space.column("keyboard.midi_f0")]
    truth = np.stack([midi.numpy() / 12, level_db.numpy()], axis=1)
    fit, test = np.array_split(np.arange(n), 2)
    x = standardised(np.concatenate(embedding), fit).numpy()
    probe = _ridge().fit(x[fit], truth[fit])
    predicted = probe.predict(x[test])
    scores = _r2(truth[test], predicted)
    weights: Any = probe.coef_
    apart_deg = _apart_deg(*weights)
    return {
        name: {
            "score": float(scores[i]),
            "truth": truth[test, i].tolist(),
            "predicted": predicted[:, i].tolist(),
            "apart_deg": apart_deg,
        }
        for i, name in enumerate(("pitch", "intensity"))
    }


def distances(
    embed: Embed, synth: AudioSynth, n: int, seed: int = 0, deltas: Sequence[float] = DELTAS
) -> list[dict[str, Any]]:
    """Cosine distance between the embeddings of two views of one theta, as delta grows, and of unrelated sounds.

    Returns:
        for each delta the quartiles [25 %, 50 %, 75 %] of the cosine distance over n pairs of views of one theta,
        `doppelgangers`, and over n pairs of sounds of different theta, `unrelated`.
    """
    rows = []
    for delta in deltas:
        stream = PairStream(synth, Gaussian(delta), seed)
        a, b = [], []
        for part in (index_ranges.PROBE + torch.arange(n)).split(_BLOCK):
            with torch.inference_mode():
                pairs = stream(part)
            a.append(embed(pairs.a))
            b.append(embed(pairs.b))
        a, b = np.concatenate(a), np.concatenate(b)
        apart = {"doppelgangers": _cosine_distance(a, b), "unrelated": _cosine_distance(a, np.roll(b, 1, axis=0))}
        rows.append({"delta": delta} | {name: np.quantile(x, [0.25, 0.5, 0.75]).tolist() for name, x in apart.items()})
    return rows


@torch.inference_mode()
def _play(synth: AudioSynth, index: Tensor, seed: int) -> Tensor:
    return synth.play(index, seed)


def _ridge() -> RidgeCV:
    return RidgeCV(_PENALTIES, alpha_per_target=True)


def _r2(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return np.asarray(r2_score(truth, predicted, multioutput="raw_values"))


def _apart_deg(a: np.ndarray, b: np.ndarray) -> float:
    """Angle between two lines, from 0 to 90 degrees."""
    cosine = abs(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-12)
    return float(np.degrees(np.arccos(min(cosine, 1.0))))


def _cosine_distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 1 - (a * b).sum(axis=1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-12)


def _group(name: str) -> str:
    return next(group for group, pattern in GROUPS.items() if re.search(pattern, name))
