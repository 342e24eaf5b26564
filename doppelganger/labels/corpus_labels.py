"""Labels of rendered sounds as plain data, for `synths render --labels doppelganger`."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from doppelganger.labels.labeller import Labeller
from doppelganger.labels.labels import Events
from doppelganger.labels.plain_labels import plain_labels
from synths.synth import AudioSynth

_DIGITS = 7  # of single precision


def corpus_labels(synth: AudioSynth, seed: int) -> Callable[[Tensor, Tensor, Tensor], list[dict[str, Any]]]:
    """Returns the function that makes the labels of a synth's sounds.

    It takes index (batch,), theta (batch, n_parameters) and sound (batch, n_samples), and returns for each sound:
    facts, the audible ones by name; tags; caption; events, each with source, onset_s and offset_s.

    Args:
        synth: synth of the sounds.
        seed: seed for the wording of captions.
    """
    labeller = Labeller(synth, seed)

    def make(index: Tensor, theta: Tensor, sound: Tensor) -> list[dict[str, Any]]:
        with torch.inference_mode():
            labels = labeller(index, theta, sound)
            rows = [plain_labels(labeller, labels, row, digits=_DIGITS) for row in range(len(index))]
            return [
                {
                    "facts": {fact.name: value for fact, value in plain.facts},
                    "tags": [tag.name for tag in plain.tags],
                    "caption": plain.caption,
                    "events": _events(labels.events, row, labeller.sources),
                }
                for row, plain in enumerate(rows)
            ]

    return make


def _events(events: Events, row: int, sources: tuple[str, ...]) -> list[dict[str, Any]]:
    columns = (column[row].tolist() for column in (events.source, events.onset_s, events.offset_s, events.active))
    return [
        {"source": sources[source], "onset_s": _rounded(onset_s), "offset_s": _rounded(offset_s)}
        for source, onset_s, offset_s, active in zip(*columns, strict=True)
        if active
    ]


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
