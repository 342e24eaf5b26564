"""The model card: what the encoder is, how to load it, its origin and its scores."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from doppelganger.evaluation.table import TITLES
from doppelganger.export.about import network_name
from doppelganger.export.markdown import cell, code, fenced
from doppelganger.export.metadata import metadata
from synths.files import write as write_file

CARD = "README.md"
LOADING = {  # file -> how it is loaded
    "model.safetensors": """With the `doppelganger` package, as a PyTorch module:

```python
import doppelganger
import torch

encoder = doppelganger.load_encoder("{name}")
embedding = encoder(torch.zeros(1, {n_samples}))
```
""",
    "model.pt": """With PyTorch alone:

```python
import torch

encoder = torch.jit.load("model.pt")
embedding = encoder(torch.zeros(1, {n_samples}))
```
""",
    "model.onnx": """With onnxruntime alone:

```python
import numpy
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
waveform = numpy.zeros((1, {n_samples}), dtype=numpy.float32)
(embedding,) = session.run(["embedding"], {"waveform": waveform})
```
""",
}


def write(folder: Path, about: Mapping[str, Any], files: Sequence[Path]) -> Path:
    """Write the card.

    Args:
        folder: folder of the export.
        about: from `doppelganger.export.about.about`; with `repository`, the card loads the encoder from the Hub.
        files: files of this export, whose loading it shows: others in the folder may be of another encoder.
    """
    name = about.get("repository") or "."  # "." is the folder of the card
    names = [path.name for path in files]
    shown = (text for file, text in LOADING.items() if file in names)
    n_samples = round(about["window_s"] * about["sample_rate"])
    loading = [text.replace("{name}", name).replace("{n_samples}", str(n_samples)) for text in shown]
    parts = [_what(about), _loading(about), *loading, *_origin(about["provenance"])]
    parts += [*_scores(about["scores"]), *_config(about), _licence(about.get("license"))]
    path = folder / CARD
    write_file(path, "\n".join(parts))
    return path


def _what(about: Mapping[str, Any]) -> str:
    recipe = about["recipe"]
    return f"""---
{metadata(about)}---

# {network_name(recipe)}, an audio encoder

Embeds sound in {about["embedding_dim"]} dimensions. It takes mono sound at {about["sample_rate"]} Hz, in [-1, 1], and
was trained on sounds of {about["window_s"]:g} s. A sound of up to {about["max_window_s"]:g} s is embedded at once.
The embedding of a longer sound is the mean over consecutive windows of that length; a sound shorter than
{about["window_s"]:g} s is padded with zeros.
"""


def _loading(about: Mapping[str, Any]) -> str:
    return f"""## Loading

Waveforms are (batch, n_samples), embeddings (batch, {about["embedding_dim"]}).
"""


def _origin(provenance: Mapping[str, Any]) -> Iterator[str]:
    rows = {
        "checkpoint": provenance["checkpoint"],
        "training steps": provenance["steps"],
        "trained at commit": provenance["commit"],
        "exported at commit": provenance["exported_at"],
        "synth's parameter space": provenance["fingerprint"],
        "seeds": ", ".join(f"{key}: {seed}" for key, seed in provenance["seeds"].items()),
    }
    yield "## Origin\n"
    yield "| | |\n|---|---|"
    yield from (
        f"| {name} | {'not recorded' if value in (None, '') else code(value)} |" for name, value in rows.items()
    )
    yield ""


def _scores(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield "## Scores\n"
    if not rows:
        yield "Not measured; run `python -m doppelganger evaluate --encoder .`.\n"
        return
    names = [name for name in TITLES if any(name in row["encoders"] for row in rows)]
    yield "Frozen encoder, in %, with the 95 % interval over clips.\n"
    yield f"| task | metric | protocol | {' | '.join(TITLES[name] for name in names)} |"
    yield "|---|---|---|" + "---|" * len(names)
    for row in rows:
        cells = [_cell(row["encoders"].get(name)) for name in names]
        task, metric, protocol = (cell(row[name]) for name in ("task", "metric", "protocol"))
        yield f"| {task} ({row['clips']} clips) | {metric} | {protocol} | {' | '.join(cells)} |"
    yield ""


def _cell(score: Mapping[str, float] | None) -> str:
    return f"{100 * score['score']:.1f} ({100 * score['low']:.1f} to {100 * score['high']:.1f})" if score else ""


def _config(about: Mapping[str, Any]) -> Iterator[str]:
    parts = {"Encoder": about["recipe"], "Training": about["provenance"]["config"]}
    yield "## Configuration\n"
    for title, part in parts.items():
        text = yaml.safe_dump(part, sort_keys=False) if part else "not recorded\n"
        yield f"{title}:\n\n{fenced(text, 'yaml')}"


def _licence(licence: str | None) -> str:
    weights = code(licence) if licence else "to be stated by the publisher, here and as `license:` in the first lines"
    return f"""## Licence

Weights: {weights}. The code that made them is Apache-2.0.
"""
