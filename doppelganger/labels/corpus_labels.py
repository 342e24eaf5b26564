"""Labels of rendered sounds as plain data, for `synths render --labels doppelganger`."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from doppelganger.labels.causes.causes import SOURCE_FACTS
from doppelganger.labels.labeller import Labeller
from doppelganger.labels.labels import Events
from synths.synth import AudioSynth


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
            rows = zip(labels.facts.tolist(), labels.tags.tolist(), labels.caption.tolist(), strict=True)
            return [
                {
                    "facts": {
                        fact.name: labeller.sources[int(value)] if fact.name in SOURCE_FACTS else _rounded(value)
                        for fact, value in zip(labeller.facts, facts, strict=True)
                        if value == value
                    },
                    "tags": [tag.name for tag, holds in zip(labeller.tags, tags, strict=True) if holds],
                    "caption": labeller.tokenizer.decode(caption),
                    "events": _events(labels.events, row, labeller.sources),
                }
                for row, (facts, tags, caption) in enumerate(rows)
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
    """Single precision has seven digits."""
    return float(f"{value:.7g}")
