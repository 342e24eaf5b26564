"""Classify the sounds of packs by the names of the classes, with a model trained on captions.

The text of a class is its name; a sound is assigned to the class with the nearest text. Nothing is trained on the pack.
Chance is the share of its largest class. Words that are not in the model's vocabulary are listed: replace them in a
YAML file with one line for each class, such as `dog: an animal calls`.

examples:
  python -m doppelganger zeroshot --model runs/supervised-contrastive-text --packs my_sounds/
  python -m doppelganger zeroshot --model runs/supervised-contrastive-text --packs my_sounds/ --texts my_sounds.yaml
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.markup import escape

from doppelganger.commands._models import trained_model
from doppelganger.commands._sounds import skip
from doppelganger.commands._tables import table
from doppelganger.evaluation import Task, read_task
from doppelganger.evaluation.figures import score_of
from doppelganger.evaluation.targets import OneClass, Targets, targets_of
from doppelganger.evaluation.task_embeddings import embed
from doppelganger.objectives.contrastive_text import ContrastiveText
from synths.command_line.devices import add_device
from synths.command_line.progress import add_quiet, bars
from synths.command_line.usage import UsageError
from synths.files.plain_data import parse_yaml, read_text


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="a checkpoint of supervised/contrastive_text")
    parser.add_argument("--packs", type=Path, nargs="+", required=True, metavar="FOLDER", help="see evaluate")
    parser.add_argument("--texts", type=Path, metavar="FILE", help="texts of classes: YAML, class: text (its name)")
    parser.add_argument("--strict", action="store_true", help="stop at a file that cannot be used, do not skip it")
    add_device(parser, "model")
    add_quiet(parser)


def run(args: Namespace) -> None:
    model = trained_model(args.model, ContrastiveText, "supervised/contrastive_text").to(args.device)
    tasks = [read_task("pack", str(folder), model.encoder.sample_rate) for folder in args.packs]
    texts = _texts(args.texts, {name for task in tasks for name in _of_classes(task).classes})
    for task in tasks:
        _require_different(texts, task)
    console = Console(stderr=True)
    rows = []
    for task in tasks:
        with bars(args.quiet, console) as progress:
            bar = progress.add_task(task.name, total=len(task))
            step = partial(progress.advance, bar)
            scores, truth, skipped = zero_shot(model, task, texts, args.device, args.strict, step)
        for clip in skipped:
            skip(console, clip["clip"], clip["reason"])
        names = _of_classes(task).classes
        unknown = sorted({word for name in names for word in model.text.unknown(texts[name])})
        if unknown:
            console.print(f"[yellow]unknown words[/]: {escape(', '.join(unknown))}", soft_wrap=True, highlight=False)
        found = score_of(scores[None], truth, OneClass)
        shares = found["score"], truth.mean(axis=0).max()
        accuracy, chance = (f"{100 * share:.1f}" for share in shares)
        interval = f"{100 * found['low']:.1f} to {100 * found['high']:.1f}"
        rows.append((task.name, str(len(truth)), str(truth.shape[1]), accuracy, interval, chance))
    _, *numbers = columns = ("pack", "clips", "classes", "accuracy %", "95 %", "chance %")
    Console().print(table(columns, rows, numbers))


def _of_classes(task: Task) -> Targets:
    targets = targets_of(task.labels)
    if not isinstance(targets, OneClass):
        raise UsageError(f"--packs: {task.name}: expected one class a clip, in the column label")
    return targets


def _require_different(texts: Mapping[str, str], task: Task) -> None:
    """Refuse two classes of a task with the same text: no clip would get the second one."""
    of_text: dict[str, str] = {}
    for name in _of_classes(task).classes:
        if (other := of_text.setdefault(texts[name], name)) != name:
            raise ValueError(
                f"--texts: expected another text for each class; {other} and {name} of {task.name} both have "
                f"{texts[name]!r}: give one of them a text of its own, or both one name"
            )


def zero_shot(
    model: ContrastiveText,
    task: Task,
    texts: Mapping[str, str],
    device: str = "cpu",
    strict: bool = False,
    on_clip: Callable[[], None] = lambda: None,
) -> tuple[np.ndarray, np.ndarray, list[dict[str, str]]]:
    """Similarity of each clip to the text of each class.

    Args:
        model: see `ContrastiveText`.
        task: clips at the model's sample rate.
        texts: text of each class.
        device: device of the model.
        strict: stop at a clip that cannot be used, instead of leaving it out.
        on_clip: called after each clip, for a progress bar.

    Returns:
        cosines (n_clips, n_classes); classes of the clips, bool of the same shape; and the clips left out, each with
        its `clip` name and `reason`.
    """
    options: dict[str, Any] = {"device": device, "strict": strict, "on_clip": on_clip}
    embeddings, clips, skipped = embed({"model": model.encoder}, task, **options)
    targets = targets_of([task.labels[int(i)] for i in clips])
    with torch.inference_mode():
        sounds = model.project(torch.from_numpy(embeddings["model"].mean).to(device))
        classes = model.embed_texts([texts[name] for name in targets.classes])
    return (sounds @ classes.T).cpu().numpy().astype(np.float32), targets.truth, skipped


def _texts(path: Path | None, names: set[str]) -> dict[str, str]:
    """Text of each class: its name in plain words, "crying baby" for crying_baby, or the text in the file."""
    texts = {name: name.replace("_", " ").replace("-", " ").lower() for name in names}
    if path is None:
        return texts
    try:
        given = parse_yaml(read_text(path))
    except ValueError as error:
        raise ValueError(f"--texts: {path}: {error}") from None
    if not (isinstance(given, dict) and all(isinstance(text, str) for text in given.values())):
        raise ValueError(f"--texts: expected a line a class in {path}, such as `dog: an animal calls`")
    if other := [name for name in given if not isinstance(name, str)]:
        raise ValueError(
            f"--texts: expected names of classes in {path}; got {other[0]!r}, a YAML {type(other[0]).__name__}: put "
            'quotes around names such as "7", "yes" and "off"'
        )
    if unknown := sorted(map(str, given.keys() - names)):
        raise ValueError(f"--texts: no class {', '.join(unknown)}; expected some of {', '.join(sorted(names))}")
    return texts | given
