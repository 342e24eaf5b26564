"""Name the sounds of packs by the names of their classes alone, by a model that learned from captions.

A class is the text of its name, and a sound belongs to the class it lies nearest to. Nothing is trained on the pack.
Chance is the share of its largest class. Words of names that the model does not know are named.

examples:
  python -m doppelganger zeroshot --model runs/contrastive_text --packs my_sounds/
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from doppelganger.evaluation import Task, read_task
from doppelganger.evaluation.embedding import embed
from doppelganger.evaluation.figures import score_of
from doppelganger.evaluation.question import truth_of
from doppelganger.finding import require_device
from doppelganger.supervision.checkpoints import load_objective
from doppelganger.supervision.contrastive_text import ContrastiveText


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="a checkpoint of configs/supervised/contrastive_text.yaml")
    parser.add_argument("--packs", type=Path, nargs="+", required=True, metavar="FOLDER", help="see evaluate")
    parser.add_argument("--strict", action="store_true", help="stop at a file that cannot be used, do not skip it")
    parser.add_argument("--device", default="cpu", help="where the model runs: cpu, cuda, ... (cpu)")


def run(args: Namespace) -> None:
    require_device(args.device)
    model = load_objective(args.model, ContrastiveText).to(args.device)
    tasks = [read_task("pack", str(folder), model.encoder.sample_rate) for folder in args.packs]
    console = Console(stderr=True)
    table = Table("pack", "clips", "classes", "accuracy", "95 %", "chance")
    for task in tasks:
        with Progress(console=console) as progress:
            bar = progress.add_task(task.name, total=len(task))
            step = partial(progress.advance, bar)
            scores, truth, skipped = zero_shot(model, task, args.device, args.strict, step)
        for clip in skipped:
            reason = f"{escape(clip['clip'])}: {escape(clip['reason'])}"
            console.print(f"[yellow]skipped[/] {reason}", soft_wrap=True, highlight=False)
        names, _ = truth_of(task.labels)
        unknown = sorted({word for name in names for word in model.text.unknown(text_of(name))})
        if unknown:
            console.print(f"[yellow]unknown words[/]: {escape(', '.join(unknown))}", soft_wrap=True, highlight=False)
        found = score_of(scores[None], truth, multi_label=False)
        shares = found["score"], truth.mean(axis=0).max()
        accuracy, chance = (f"{100 * share:.1f}" for share in shares)
        interval = f"{100 * found['low']:.1f} to {100 * found['high']:.1f}"
        table.add_row(escape(task.name), str(len(truth)), str(truth.shape[1]), accuracy, interval, chance)
    Console().print(table)


def zero_shot(
    model: ContrastiveText,
    task: Task,
    device: str = "cpu",
    strict: bool = False,
    on_clip: Callable[[], None] = lambda: None,
) -> tuple[np.ndarray, np.ndarray, list[dict[str, str]]]:
    """How near each clip lies to the name of each class.

    Args:
        model: see `ContrastiveText`.
        task: at the model's sample rate.
        device: where the model is.
        strict: stop at a clip that cannot be used, instead of leaving it out.
        on_clip: called once a clip, for a progress bar.

    Returns:
        cosines (n_clips, n_classes); which class each clip is, bool of the same shape; and the clips left out, each
        with its `clip` name and `reason`.
    """
    options: dict[str, Any] = {"device": device, "strict": strict, "on_clip": on_clip}
    embeddings, clips, skipped = embed({"model": model.encoder}, task, **options)
    names, truth = truth_of([task.labels[int(i)] for i in clips])
    with torch.inference_mode():
        sounds = model.place(torch.from_numpy(embeddings["model"].mean).to(device))
        classes = model.read([text_of(name) for name in names])
    return (sounds @ classes.T).cpu().numpy().astype(np.float32), truth, skipped


def text_of(name: str) -> str:
    """A class as one would say it: crying_baby is "crying baby"."""
    return name.replace("_", " ").replace("-", " ").lower()
