"""Fine-tune on every fold of a data set in turn, and score all of its clips.

Each fold is held out once: an encoder is trained on the others, its epoch chosen on a tenth of them, and tested on the
held-out fold. finetuned.json, in the folder of the last training, holds the score of each fold and that of all tested
clips with its 95 % interval. Arguments are those of `doppelganger-train fit`; --data.init_args.fold tests that fold
alone, --quiet shows no progress.

examples:
  doppelganger-train cross-validate --config finetune/esc50 --data.init_args.root data/ESC-50
"""

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import ModelCheckpoint, WeightAveraging

from doppelganger.evaluation.figures import score_of
from lightning_modules.command_line.cli import TrainingCLI
from lightning_modules.recordings import RecordingsDataModule
from synths import provenance
from synths.command_line.usage import UsageError
from synths.files import replacing

_USAGE = "usage: doppelganger-train cross-validate --config CONFIG [--KEY VALUE ...]"


class FineTuningCLI(TrainingCLI):
    """The training of a fold; that of other data is refused before it, rather than after."""

    def before_fit(self) -> None:
        _data(self)


def main(argv: Sequence[str] | None = None) -> None:
    """Trains and tests fold after fold, prints the score and writes finetuned.json."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        print(
            f"{_USAGE}\n\n{__doc__}\nAll arguments: doppelganger-train fit --help",
            file=sys.stdout if arguments else sys.stderr,
        )
        sys.exit(0 if arguments else 2)
    given = {argument.partition("=")[0] for argument in arguments}
    if "--ckpt_path" in given and "--data.init_args.fold" not in given:
        raise UsageError("--ckpt_path: expected --data.init_args.fold beside it, since a checkpoint is of one fold")
    cli = _trained(arguments)
    data = _data(cli)
    names = [data.fold] if data.fold else data.folds
    tested, first = {names[0]: _tested(cli)}, cli.folder
    for name in names[1:]:
        cli = _trained([*arguments, f"--data.init_args.fold={name}"], f"{first}-fold-{name}")
        tested[name] = _tested(cli)
    folder = Path(cli.trainer.log_dir or ".")  # which all processes ask for together
    if cli.trainer.is_global_zero:
        _write(cli, tested, folder)


def _trained(arguments: Sequence[str], folder: str | None = None) -> TrainingCLI:
    return FineTuningCLI(folder, args=["fit", *arguments])


def _data(cli: TrainingCLI) -> RecordingsDataModule:
    if not isinstance(cli.datamodule, RecordingsDataModule):
        raise UsageError(
            "--data.class_path: expected lightning_modules.recordings.RecordingsDataModule; got "
            f"{type(cli.datamodule).__name__}"
        )
    return cast(RecordingsDataModule, cli.datamodule)


def _tested(cli: TrainingCLI) -> tuple[np.ndarray, np.ndarray]:
    """Scores and truth of the tested clips, at the epoch that scored best on the clips held out for choosing."""
    trainer: Any = cli.trainer
    # A moving average that was trained here would load the weights beside it, as for a resume, in place of its own.
    trainer.callbacks = [each for each in trainer.callbacks if not isinstance(each, WeightAveraging)]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*callbacks used to create the checkpoint need to be provided.*")
        trainer.test(cli.model, datamodule=cli.datamodule, ckpt_path=_best(trainer.callbacks), verbose=False)
    cli.finish_wandb()
    return cli.model.predictions


def _best(callbacks: Sequence[Callback]) -> str:
    """The best checkpoint by what a `ModelCheckpoint` monitors; where none does, the newest, by Lightning's name.

    Lightning itself takes that of the first `ModelCheckpoint`, whether it monitors or not.
    """
    given = [each for each in callbacks if isinstance(each, ModelCheckpoint) and each.monitor]
    return next((each.best_model_path for each in given if each.best_model_path), "best")


def _write(cli: TrainingCLI, tested: dict[str, tuple[np.ndarray, np.ndarray]], folder: Path) -> None:
    data = _data(cli)
    kind = type(data.targets)
    scores, truth = (np.concatenate(part) for part in zip(*tested.values(), strict=True))
    of_all = score_of(scores[None], truth, kind, data.seed)
    figures = {name: of_all[name] for name in ("score", "low", "high")}
    figures["folds"] = {name: score_of(s[None], t, kind)["score"] for name, (s, t) in tested.items()}
    config = {"task": data.task_name, "seconds": data.seconds, "encoder": cli.model.encoder.recipe()}
    config["metric"] = kind.metric
    record = provenance.record(config, data.seed, figures, str(cli.trainer.strategy.root_device))
    path = folder / "finetuned.json"
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    score, low, high = (100 * of_all[name] for name in ("score", "low", "high"))
    print(f"{data.task_name}: {score:.1f} % [{low:.1f}, {high:.1f}] of {len(truth)} clips in {len(tested)} folds")
    print(path)


if __name__ == "__main__":
    main()
