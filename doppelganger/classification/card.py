"""The model card of a classifier: what it is, how to use it, its accuracy and its encoder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doppelganger.export.about import network_name
from doppelganger.export.card import CARD
from doppelganger.export.markdown import cell, code
from synths import files


def lines_of(scores: Mapping[str, Any]) -> list[str]:
    """The accuracy and what to compare it with, a sentence each; scores from `cross_validate`."""
    low, high = 100 * scores["low"], 100 * scores["high"]
    lines = [
        f"Accuracy {100 * scores['accuracy']:.1f} % (95 % interval {low:.1f} to {high:.1f} %) on {scores['n_clips']} "
        f"clips that the classifier was not trained on: {scores['method']}.",
        f"Largest class: {scores['largest_class']}, {100 * scores['largest_share']:.1f} % of these clips.",
    ]
    if scores["confused"]:
        label, predicted, n = scores["confused"]
        lines.append(f"Most confused: {label} taken for {predicted}, {n} of {scores['classes'][label][0]} clips.")
    else:
        lines.append("No clip was taken for another class.")
    if scores["low"] <= scores["largest_share"]:
        lines.append("It is not clearly better than always answering the largest class: do not rely on it.")
    return lines


def write_card(folder: Path, data: str, scores: Mapping[str, Any], about: Mapping[str, Any]) -> Path:
    """Write the card.

    Args:
        folder: folder of the classifier.
        data: name of the folder it was trained on.
        scores: from `cross_validate`.
        about: from `doppelganger.export.about.about`, of the encoder.
    """
    provenance = about["provenance"]
    origin = {
        "encoder": network_name(about["recipe"]),
        "checkpoint": provenance["checkpoint"],
        "trained at commit": provenance["commit"],
        "synth's parameter space": provenance["fingerprint"],
    }
    classes = [f"| {cell(label)} | {n} | {right} |" for label, (n, right) in scores["classes"].items()]
    text = _CARD.format(
        data=cell(data),
        n_classes=len(classes),
        sample_rate=about["sample_rate"],
        lines="\n".join(f"- {cell(line)}" for line in lines_of(scores)),
        classes="\n".join(classes),
        origin="\n".join(f"| {name} | {code(value) if value else 'not recorded'} |" for name, value in origin.items()),
    )
    files.write(folder / CARD, text)
    return folder / CARD


_CARD = """---
tags: [audio, audio-classification, doppelganger]
---

# A classifier of {n_classes} kinds of sound

One linear layer on the embedding of a frozen encoder, trained on the folder {data}. It takes sound of any length and
format; the encoder runs at {sample_rate} Hz. Every sound gets one of the labels below, whatever it is.

```bash
python -m doppelganger classify sounds/ --model .
```

`classifier.safetensors` holds the linear layer, `model.safetensors` the encoder (`doppelganger.load_encoder(".")`).

## Accuracy

{lines}

The classifier in this folder was then trained on all clips. If recordings of one speaker, instrument or place were in
several folds, sounds of new ones will be classified less accurately.

| label | clips tested | of these right |
|---|---|---|
{classes}

## Encoder

| | |
|---|---|
{origin}

## Licence

To be stated by the publisher.
"""
