"""Uploaded clips with labels, and the cross-validated accuracy of a linear classifier of their embeddings."""

import json
from collections import OrderedDict
from hashlib import blake2b
from typing import Any

import numpy as np

from doppelganger.explorer.similarity import Similarity
from doppelganger.explorer.uploads import decode

MOST_CLIPS, _MOST_LABEL = 2000, 80


class LabelledClips:
    """Embeddings of uploaded clips, in memory; their labels stay on the page.

    Args:
        similarity: holds the encoder.
    """

    def __init__(self, similarity: Similarity):
        self.similarity = similarity
        self._embeddings: OrderedDict[str, np.ndarray] = OrderedDict()

    def add(self, data: bytes) -> dict[str, Any]:
        """Embed an uploaded file, and give the clip's name: a digest of the file. The last 2000 are kept.

        Raises:
            ValueError: see `decode`; or an embedding that is not finite.
        """
        clip, rate = blake2b(data, digest_size=16).hexdigest(), self.similarity.encoder.sample_rate
        sound = decode(data, rate)
        if clip not in self._embeddings:
            embedding = self.similarity.embed([sound], rate)[0]
            if not np.isfinite(embedding).all():
                raise ValueError("its embedding is not finite")
            self._embeddings[clip] = embedding
        self._embeddings.move_to_end(clip)
        while len(self._embeddings) > MOST_CLIPS:
            self._embeddings.popitem(last=False)
        return {"clip": clip, "seconds": round(len(sound) / rate, 3)}

    def score(self, data: bytes) -> dict[str, Any]:
        """Accuracy on clips that the classifier was not trained on, as `train-classifier` reports it.

        Args:
            data: JSON, a list of [clip, label]; a file that was dropped twice counts once.

        Returns:
            the scores of `cross_validate`; `lines`: a sentence each; `n_twice`: clips that were left out because
            the same file came before; `encoder`.

        Raises:
            ValueError: not such a list; unknown clips; one file with two labels; fewer than two labels, or than two
                clips of one; or scikit-learn is missing.
        """
        try:
            from doppelganger.classification.card import lines_of
            from doppelganger.classification.labels import require_classes
            from doppelganger.classification.training import cross_validate
        except ImportError as error:
            raise ValueError(f"Classify needs {error.name}: pip install 'doppelganger-audio[train]'") from None
        rows = _rows(data)
        labels: dict[str, str] = {}
        for clip, label in rows:
            if clip not in self._embeddings:
                raise ValueError("the explorer does not keep some of these clips any more; drop them again")
            if labels.setdefault(clip, label) != label:
                raise ValueError(f"one file was dropped as {labels[clip]} and as {label}; expected one label a file")
        require_classes(list(labels.values()), "what was dropped")
        embeddings = np.stack([self._embeddings[clip] for clip in labels])
        scores = cross_validate(embeddings, list(labels.values()), [""] * len(labels))
        n_twice = len(rows) - len(labels)
        return {**scores, "lines": lines_of(scores), "n_twice": n_twice, "encoder": self.similarity.name}


def _rows(data: bytes) -> list[tuple[str, str]]:
    expected = f"expected a list of at most {MOST_CLIPS} [clip, label], labels of 1 to {_MOST_LABEL} characters"
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError(expected) from None
    if not isinstance(rows, list) or len(rows) > MOST_CLIPS:
        raise ValueError(expected)
    for row in rows:
        are_text = isinstance(row, list) and len(row) == 2 and all(isinstance(value, str) for value in row)
        if not are_text or not 0 < len(row[1]) <= _MOST_LABEL:
            raise ValueError(expected)
    return [(clip, label) for clip, label in rows]
