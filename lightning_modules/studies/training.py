"""One row of a study: a training, then the figures that are measured on its encoder."""

import inspect
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lightning_modules.cli import TrainingCLI
from lightning_modules.studies import metrics
from synths import provenance
from synths.usage import UsageError

_REFUSED = 2  # exit code of a parser of arguments


def train_and_measure(
    study: Mapping[str, Any], name: str, seed: int, packs: Sequence[str], quiet: bool = False
) -> dict[str, Any]:
    """A row: its name, seed, settings, figures, commit, and how long it took.

    Args:
        study: the study, see `read_study`.
        name: name of the row.
        seed: seed of the training.
        packs: folders of recordings to evaluate on.
        quiet: show no progress of the training.

    Raises:
        UsageError: the training command refuses the settings of the row.
    """
    settings = study["rows"][name]
    start = time.perf_counter()
    given = {"name": f"studies/{study['name']}/{name}-{seed}", "data.init_args.seed": seed, **settings}
    config = given.pop("config", study["config"])
    arguments = [f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in given.items()]
    arguments += ["--quiet"] if quiet else []
    try:
        cli = TrainingCLI(args=["fit", "--config", str(config), f"--seed_everything={seed}", *arguments])
    except SystemExit as stop:
        if stop.code != _REFUSED:
            raise
        # An engine would take the end of a process for a lost one.
        hint = f"its message is above; --rows {name} without --ray shows it alone"
        raise UsageError(f"row {name}: the training command refuses its settings; {hint}") from None
    trained_s = time.perf_counter() - start
    figures: metrics.Figures = {}
    for metric in study["metrics"]:
        for encoder, figure in metrics_by_name()[metric](cli, packs).items():
            figures.setdefault(encoder, {}).update(figure)
    return {
        "name": name,
        "seed": seed,
        "settings": dict(settings),
        "n_steps": cli.trainer.global_step,
        "figures": figures,
        "commit": provenance.commit(),
        "trained_s": trained_s,
        "measured_s": time.perf_counter() - start - trained_s,
    }


def metrics_by_name() -> dict[str, Callable[[TrainingCLI, Sequence[str]], metrics.Figures]]:
    """The functions of `lightning_modules.studies.metrics`."""
    public = {name: f for name, f in inspect.getmembers(metrics, inspect.isfunction) if not name.startswith("_")}
    return {name: f for name, f in public.items() if f.__module__ == metrics.__name__}
