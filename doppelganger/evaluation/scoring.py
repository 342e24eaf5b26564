"""Score an encoder and its baselines on every task, in the same way, in one run."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from rich.progress import Progress

from doppelganger.encoders import Encoder
from doppelganger.evaluation import from_scratch as supervised
from doppelganger.evaluation.cache import EmbeddingCache, prediction_key
from doppelganger.evaluation.comparison import compared
from doppelganger.evaluation.probe_task import Embeddings, Predictions, ProbeTask
from doppelganger.evaluation.protocols import PROTOCOLS
from doppelganger.evaluation.split_notes import notes_on
from doppelganger.evaluation.splits import Split, splits_of
from doppelganger.evaluation.targets import Targets, targets_of
from doppelganger.evaluation.task import Task
from doppelganger.evaluation.task_embeddings import embed, inputs_of
from synths.engines import Engine


def evaluate(
    encoders: Mapping[str, Encoder],
    tasks: Sequence[Task],
    protocols: Sequence[str] = ("linear",),
    *,
    seed: int = 0,
    cache: EmbeddingCache | None = None,
    device: str | torch.device = "cpu",
    strict: bool = False,
    from_scratch: bool = False,
    engine: Engine | None = None,
    progress: Progress | None = None,
    on_task: Callable[[Task, Sequence[int], Mapping[str, Embeddings]], None] | None = None,
) -> list[dict[str, Any]]:
    """Evaluate frozen encoders with one or more protocols.

    Args:
        encoders: name -> encoder; all are moved to `device` and set to evaluation mode. If one is named "trained", it
            is compared with "random"; and where there are names besides those of `with_baselines`, all are compared
            with "trained".
        tasks: see `Task`, each of another name; each encoder gets the clips at its own sample rate.
        protocols: names of protocols, see `doppelganger.evaluation.protocols`.
        seed: seed for all random draws.
        cache: cache of embeddings and predictions; None for a temporary one.
        device: device of the encoders.
        strict: raise at an unusable clip instead of skipping it.
        from_scratch: also train the architecture of "trained" on each task's own clips, under the linear protocol.
        engine: where clips are embedded; None for this process.
        progress: progress display.
        on_task: callback per task, with the numbers of the clips used and the embeddings of each encoder.

    Returns:
        for each task its name, about, metric, n_clips, n_tested, n_classes, classes, folds and skipped clips; under
        `protocols`, for each protocol and encoder the score (mean over seeds; at most 1), its 95 % interval over clips
        (low, high), the score of each seed and the half-width of the 95 % interval of their mean, the settings chosen
        for each split, and for single-label tasks the confusion matrix of the first seed (rows: classes, columns:
        predictions); the difference trained minus random with its interval; and for several encoders `minus_trained`,
        the difference of each to "trained" with its interval. The bootstrap of a difference draws the same clips for
        both.

    Warns:
        UserWarning: test clips that are copies of training clips, or classes without a training clip; `about` says so
            too.

    Raises:
        ValueError: no encoder, a task that cannot be trained or tested, two tasks of one name, an embedding that is not
            finite, or `from_scratch` without an encoder named "trained".
    """
    _require(encoders, tasks, from_scratch)
    for encoder in encoders.values():
        encoder.to(device).eval()
    cache = cache or EmbeddingCache()
    modules = {name: PROTOCOLS.find(name) for name in protocols}
    progress = progress or Progress(disable=True)
    bars = []
    for task in tasks:
        _splits(task, range(len(task)), seed)  # raise before any task is embedded
        bars.append(progress.add_task(task.name, start=False, total=len(task)))
    layers = any(getattr(module, "LAYERS", False) for module in modules.values())
    options = {"cache": cache, "device": device, "strict": strict, "layers": layers, "engine": engine}
    results = []
    for task, bar in zip(tasks, bars, strict=True):
        progress.start_task(bar)
        step = partial(progress.advance, bar, 1 / len(inputs_of(encoders)))
        embeddings, clips, skipped = embed(encoders, task, **options, on_clip=step)
        used: list[int] = clips.tolist()
        splits = _splits(task, used, seed)  # raise before any probe is trained
        keys = next(iter(embeddings.values())).clip_keys
        labels, folds = [task.labels[i] for i in used], [task.folds[i] for i in used]
        notes = notes_on(task, used, splits, keys)
        for note in notes:
            warnings.warn(f"{task.name}: {note}", stacklevel=2)
        targets = targets_of(labels)
        probe_tasks = {name: ProbeTask(each, labels, folds, seed) for name, each in embeddings.items()}
        by_protocol = {}
        for protocol, module in modules.items():
            progress.update(bar, description=f"{task.name}, {protocol}")
            predictions = {name: _predicted(protocol, module, each, cache) for name, each in probe_tasks.items()}
            if from_scratch and protocol == "linear":
                predictions["from_scratch"] = _trained_on(task, encoders["trained"], used, seed, device)
            by_protocol[protocol] = compared(predictions, targets, seed)
        if on_task:
            on_task(task, used, embeddings)
        progress.update(bar, description=task.name)
        about = _about(task, used, targets, splits, notes)
        results.append({**about, "skipped": skipped, "protocols": by_protocol})
    return results


def _require(encoders: Mapping[str, Encoder], tasks: Sequence[Task], from_scratch: bool) -> None:
    if not encoders:
        raise ValueError("encoders: expected one or more; got none")
    names = [task.name for task in tasks]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"tasks: expected each under a name of its own; got two named {twice}")
    if from_scratch and "trained" not in encoders:
        raise ValueError(f'from_scratch: expected an encoder named "trained"; got {", ".join(encoders)}')


def _predicted(name: str, protocol: Any, probe_task: ProbeTask, cache: EmbeddingCache) -> Predictions:
    predict = partial(protocol.predict, probe_task, _no_bar)
    return cache.predictions(prediction_key(name, protocol, probe_task), predict)


def _trained_on(task: Task, encoder: Encoder, clips: list[int], seed: int, device: str | torch.device) -> Predictions:
    """Predictions of the encoder's architecture, trained on the task alone."""
    return supervised.predict(encoder, task.at(encoder.sample_rate), clips, seed, device, on_round=_no_bar)


def _about(
    task: Task, clips: Sequence[int], targets: Targets, splits: Sequence[Split], notes: Sequence[str]
) -> dict[str, Any]:
    """What was classified, on how many clips, and what was noticed."""
    return {
        "name": task.name,
        "about": " ".join(filter(None, (task.about, *notes))),
        "metric": targets.metric,
        "n_clips": len(clips),
        "n_tested": sum(len(split.test) for split in splits),
        "n_classes": len(targets.classes),
        "classes": targets.classes,
        "folds": [split.name for split in splits],
    }


def _no_bar() -> None:
    """Rounds are too short to show."""


def _splits(task: Task, clips: Sequence[int], seed: int) -> list[Split]:
    empty = sorted(set(task.folds) - {task.folds[i] for i in clips})
    if empty:
        raise ValueError(f"{task.name}: no clip of fold {', '.join(empty)} can be used; fix its files or its folds")
    try:
        return splits_of([task.folds[i] for i in clips], [task.labels[i] for i in clips], seed)
    except ValueError as error:
        n_skipped = len(task) - len(clips)
        without = f" (without the {n_skipped} clips that cannot be used)" if n_skipped else ""
        raise ValueError(f"{task.name}: {error}{without}") from None
