"""A linear classifier of embeddings, and the folder that holds it beside its encoder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from doppelganger import weight_files
from doppelganger.checkpoints import EXPORTED, load_encoder
from doppelganger.encoders import Encoder
from synths import files
from synths.files.plain_data import parse_json

HEAD = "classifier.safetensors"
_KEY = "classifier"  # of the metadata
_WEIGHTS = ("mean", "scale", "weight", "bias")


@dataclass(frozen=True)
class LinearHead:
    """Standardise the embedding, then one linear layer and softmax.

    Args:
        labels: names of the classes.
        mean, scale: mean and standard deviation of the training embeddings, (embedding_dim,).
        weight: (n_classes, embedding_dim).
        bias: (n_classes,).
    """

    labels: list[str]
    mean: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor

    def probabilities(self, embedding: Tensor) -> Tensor:
        """Embedding (batch, embedding_dim) to the probability of each class, (batch, n_classes)."""
        standardised = (embedding - self.mean) / self.scale
        return (standardised @ self.weight.T + self.bias).softmax(dim=-1)


def save_head(folder: Path, head: LinearHead, scores: Mapping[str, Any], encoder: bytes) -> Path:
    """Write the classifier.

    Args:
        folder: folder of the classifier.
        head: the classifier.
        scores: cross-validated scores, kept as metadata.
        encoder: the model.safetensors that belongs beside it.
    """
    about = {"labels": head.labels, "scores": scores, "encoder": _digest(encoder)}
    weights = {name: getattr(head, name).contiguous() for name in _WEIGHTS}
    files.write(folder / HEAD, weight_files.packed(weights, _KEY, json.dumps(about)))
    return folder / HEAD


def load_classifier(folder: str | Path) -> tuple[Encoder, LinearHead]:
    """The encoder and the classifier in a folder that `python -m doppelganger train-classifier` wrote.

    Raises:
        FileNotFoundError: no classifier there, or no encoder beside it.
        ValueError: a damaged file, weights that do not fit the labels, or an encoder other than the one it was
            trained with.
    """
    path = Path(folder) / HEAD
    if not path.is_file():
        raise FileNotFoundError(
            f"expected a folder written by `python -m doppelganger train-classifier`; {folder} has no {HEAD}"
        )
    if not (path.parent / EXPORTED).is_file():
        raise FileNotFoundError(f"{folder} has a classifier but not its encoder, {EXPORTED}")
    about, weights = _read(path)
    encoder = load_encoder(path.parent)
    if about.get("encoder") != _digest((path.parent / EXPORTED).read_bytes()):
        raise ValueError(f"{path} was trained with another encoder than the {EXPORTED} beside it; train it again")
    labels = _labels(about.get("labels"), path)
    n, dim = len(labels), encoder.embedding_dim
    sizes = {"mean": (dim,), "scale": (dim,), "weight": (n, dim), "bias": (n,)}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if found != sizes:
        raise ValueError(f"{path}: expected weights of {n} labels and {dim} dimensions, {sizes}; got {found}")
    if not all(value.dtype == torch.float32 and bool(value.isfinite().all()) for value in weights.values()):
        raise ValueError(f"{path}: expected finite weights in float32; the file is damaged")
    if not (weights["scale"] > 0).all():
        raise ValueError(f"{path}: expected positive scales; the file is damaged")
    return encoder, LinearHead(labels, **weights)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    text, weights = weight_files.read(path, _KEY)
    try:
        about = parse_json(text or "null")
    except ValueError as error:
        raise ValueError(f"{path}: metadata: {error}") from None
    if not isinstance(about, dict):
        raise ValueError(f"{path} holds no classifier; expected one that train-classifier wrote")
    return about, weights


def _labels(found: Any, path: Path) -> list[str]:
    are_labels = isinstance(found, list) and all(isinstance(label, str) for label in found)
    if not are_labels or len(found) != len(set(found)) or len(found) < 2:
        raise ValueError(f"{path}: expected two or more different labels; got {str(found)[:80]}")
    return found


def _digest(encoder: bytes) -> str:
    return blake2b(encoder, digest_size=16).hexdigest()
