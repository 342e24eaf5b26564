"""One row of a study: a training, then the figures that are measured on its encoder."""

import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pytorch_lightning.callbacks import WeightAveraging

from lightning_modules.checkpoint_io import newest_resumable
from lightning_modules.command_line.cli import TrainingCLI
from lightning_modules.configuration.files import option
from lightning_modules.studies import metrics
from lightning_modules.studies.rows import file_name
from synths import provenance
from synths.command_line.usage import UsageError

_REFUSED = 2  # exit code of a parser of arguments


def train_and_measure(
    study: Mapping[str, Any], name: str, seed: int, packs: Sequence[str], recipe: str, quiet: bool = False
) -> dict[str, Any]:
    """A row: its name, seed, settings, recipe, figures, commit, the device of its training, and how long it took.

    A training that was stopped goes on from its newest checkpoint, if the row has the same recipe still.

    Args:
        study: the study, see `read_study`.
        name: name of the row.
        seed: seed of the training.
        packs: folders of recordings to evaluate on.
        recipe: digest of all that makes the row but its seed.
        quiet: show no progress of the training.

    Raises:
        UsageError: the training command refuses the settings of the row.
    """
    start = time.perf_counter()
    unfinished = _unfinished(study, name, seed, recipe)
    run = {"name": unfinished, "seed_everything": seed, "data.init_args.seed": seed}
    with suppress(FileNotFoundError):  # there is no checkpoint yet
        run["ckpt_path"] = str(newest_resumable(Path("runs", unfinished))[0])
    with _naming(name):
        cli = TrainingCLI(args=["fit", *_arguments(study, name, run), *(["--quiet"] if quiet else [])])
    trainer: Any = cli.trainer
    for callback in trainer.callbacks:
        # Where the checkpoint was of the last step, nothing was trained, and the average is not in its place yet.
        if isinstance(callback, WeightAveraging):
            callback.on_train_end(trainer, cli.model)
    cli.finish_wandb()
    trained_s = time.perf_counter() - start
    figures: metrics.Figures = {}
    for metric in study["metrics"]:
        for encoder, figure in metrics_by_name()[metric](cli, packs).items():
            figures.setdefault(encoder, {}).update(figure)
    return {
        "name": name,
        "seed": seed,
        "settings": dict(study["rows"][name]),
        "recipe": recipe,
        "n_steps": cli.trainer.global_step,
        "figures": figures,
        "commit": provenance.commit(),
        "trained_on": provenance.device_name(str(cli.trainer.strategy.root_device)),
        "trained_s": trained_s,
        "measured_s": time.perf_counter() - start - trained_s,
    }


def require_settings(study: Mapping[str, Any], name: str) -> None:
    """Read the settings of a row as the training command does, and make nothing.

    Raises:
        UsageError: the training command refuses them; its message is on stderr.
    """
    with _naming(name):
        _Read(run=False, args=_arguments(study, name, {"seed_everything": False}))


def finish(study: Mapping[str, Any], name: str, seed: int, recipe: str) -> None:
    """Move the runs of a row that is written to where no later training looks for a checkpoint."""
    source = Path("runs", _unfinished(study, name, seed, recipe))
    target = source.with_name(file_name(name, seed))
    if not source.exists():  # a training without a logger has no folder
        return
    target.mkdir(exist_ok=True)
    for run in source.iterdir():
        run.rename(target / run.name)
    source.rmdir()


def _unfinished(study: Mapping[str, Any], name: str, seed: int, recipe: str) -> str:
    return f"studies/{study['name']}/{file_name(name, seed)}-{recipe}"


class _Read(TrainingCLI):
    def instantiate_classes(self) -> None:
        pass


def _arguments(study: Mapping[str, Any], name: str, run: Mapping[str, Any]) -> list[str]:
    """The command line of a row; what the row changes comes last."""
    given = {**run, **study["rows"][name]}
    config = given.pop("config", study["config"])
    return ["--config", str(config), *(option(*pair) for pair in given.items())]


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Turn the end of the training command's parser into an error: an engine would take it for a lost process."""
    try:
        yield
    except SystemExit as stop:
        if stop.code != _REFUSED:
            raise
        raise UsageError(f"row {name}: the training command refuses its settings; its message is above") from None


def metrics_by_name() -> dict[str, Callable[[TrainingCLI, Sequence[str]], metrics.Figures]]:
    """The functions of `lightning_modules.studies.metrics`."""
    public = {name: f for name, f in inspect.getmembers(metrics, inspect.isfunction) if not name.startswith("_")}
    return {name: f for name, f in public.items() if f.__module__ == metrics.__name__}
