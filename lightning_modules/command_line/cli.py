"""The training command line: LightningCLI with a folder, loggers and a progress bar for every run."""

import logging
import os
import shutil
import sys
import warnings
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from lightning_fabric.utilities.rank_zero import rank_zero_only
from pytorch_lightning import LightningDataModule, LightningModule, Trainer
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger
from pytorch_lightning.plugins import CheckpointIO
from pytorch_lightning.utilities.exceptions import SIGTERMException

import lightning_modules.data  # noqa: F401 (--help lists its classes, and --data finds them by name)
from lightning_modules.accelerators import cpu_has_bf16, runs_on_cpu
from lightning_modules.callbacks.default import default_callbacks
from lightning_modules.checkpoint_io import AtomicCheckpointIO, newest_resumable
from lightning_modules.command_line.parser import EPILOG, HelpfulParser
from lightning_modules.configuration.checks import require_usable
from synths import __version__
from synths.files import new_folder
from synths.provenance import commit


class SaveConfig(SaveConfigCallback):
    """The resolved configuration beside the checkpoints, in them, and in every logger."""

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        config = self.parser.dump(self.config)
        for logger in trainer.loggers:
            logger.log_hyperparams(yaml.safe_load(config))

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["config"] = self.parser.dump(self.config)
        checkpoint["commit"] = commit()


class TrainingCLI(LightningCLI):
    """fit | validate | test | predict; adds `--name` and `--wandb`, and what `HelpfulParser` adds.

    Args:
        folder: name of the run's folder in runs/NAME; none is the date and time.
    """

    def __init__(self, folder: str | None = None, **kwargs):
        _ignore_known_warnings()
        self.folder = folder or datetime.now().strftime("%Y%m%d-%H%M%S")
        self._made: Path | None = None
        try:
            super().__init__(
                LightningModule,
                LightningDataModule,
                subclass_mode_model=True,
                subclass_mode_data=True,
                auto_configure_optimizers=False,
                save_config_callback=SaveConfig,
                save_config_kwargs={"overwrite": True},
                seed_everything_default=0,
                parser_kwargs={"allow_abbrev": False, "version": __version__},
                trainer_defaults={"log_every_n_steps": 10},
                **kwargs,
            )
        except BaseException:
            self._remove_if_unused()
            raise

    def init_parser(self, **kwargs) -> LightningArgumentParser:
        parser = super().init_parser(**kwargs)
        parser.__class__ = HelpfulParser  # Lightning has no place to name another parser
        return parser

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        parser.add_argument("--name", default="run", help="the run's folder is runs/NAME/DATE-TIME")
        parser.add_argument("--wandb", action="store_true", help="log to Weights & Biases as well")
        parser.epilog = EPILOG

    def _parse_ckpt_path(self) -> None:
        """`last` becomes the newest whole checkpoint of the runs with this name.

        Lightning would merge a checkpoint's hyper-parameters into the config here. A stranger's checkpoint could name
        any function as a class, and the CLI would call it; here the config alone counts.
        """
        if not (subcommand := self.config.get("subcommand")):
            return
        config = self.config[subcommand]
        if config.get("ckpt_path") != "last":
            return
        try:
            path, broken = newest_resumable(Path("runs", config.name))
        except FileNotFoundError as error:
            self._parser(subcommand).error(f"--ckpt_path last, --name {config.name}: {error}")
        for other in broken:
            print(f"{self.parser.prog}: {other} is not whole and was passed over", file=sys.stderr)
        does = "goes on from" if subcommand == "fit" else "reads"
        print(f"{self.parser.prog}: {does} {path}", file=sys.stderr)
        config.ckpt_path = str(path)

    def before_instantiate_classes(self) -> None:
        config = self.config[self.subcommand] if self.subcommand else self.config
        try:
            require_usable(config)
        except ValueError as error:
            self._parser(self.subcommand).error(str(error))

    def instantiate_trainer(self, **kwargs) -> Trainer:
        config = self.config[self.subcommand] if self.subcommand else self.config
        if config.trainer.logger in (None, True):
            folder = self._make_folder(config.name, self.folder)
            kwargs["logger"] = self._loggers(config.name, folder, config.wandb)
        if config.trainer.default_root_dir is None and (job := os.environ.get("SLURM_JOB_ID")):
            # Lightning goes on from any hpc_ckpt there; in the working directory it may be another job's.
            kwargs["default_root_dir"] = str(Path("runs", config.name, f"slurm-{job}"))
        if config.trainer.precision == "bf16-mixed" and runs_on_cpu(config.trainer.accelerator) and not cpu_has_bf16():
            kwargs["precision"] = "32-true"
            print(f"{self.parser.prog}: this CPU has no bf16; trains in 32 bits, which is faster here", file=sys.stderr)
        given = self._get(self.config_init, "trainer", default={})
        self.trainer_defaults["callbacks"] = default_callbacks(_listed(given.get("callbacks")), config.trainer)
        plugins = _listed(given.get("plugins"))
        own = any(isinstance(plugin, CheckpointIO) for plugin in plugins)
        kwargs["plugins"] = plugins if own else [*plugins, AtomicCheckpointIO()]
        return super().instantiate_trainer(**kwargs)

    def finish_wandb(self) -> None:
        """End the run on W&B: a later training of this process would go on with it."""
        for logger in self.trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.experiment.finish()

    def _run_subcommand(self, subcommand: str) -> None:
        if subcommand != "fit" and self.config[subcommand].ckpt_path is None:
            initial = "the weights are those that the config starts with, not those of a training"
            print(f"{self.parser.prog}: {subcommand} without --ckpt_path: {initial}", file=sys.stderr)
        try:
            super()._run_subcommand(subcommand)
        except SIGTERMException:
            sys.exit(143)  # as a shell reports it: 128 + 15

    def _make_folder(self, name: str, folder: str) -> str:
        """The name of the run's folder, made by the first rank, which alone writes there."""
        folder = rank_zero_only(new_folder)(Path("runs", name), folder) or folder
        self._made = Path("runs", name, folder)
        return folder

    def _remove_if_unused(self) -> None:
        """Remove the folder of a run that stopped before its config was saved, such as one whose data was not there."""
        made = self._made
        # TensorBoard's logger begins a file when a run ends.
        if made and made.is_dir() and all(path.name.startswith("events.out.tfevents.") for path in made.iterdir()):
            shutil.rmtree(made, ignore_errors=True)
            with suppress(OSError):  # there are other runs
                made.parent.rmdir()

    def _loggers(self, name: str, folder: str, use_wandb: bool) -> list[Logger]:
        loggers: list[Logger] = [cls("runs", name=name, version=folder) for cls in (CSVLogger, TensorBoardLogger)]
        if use_wandb:
            run = f"{name}/{folder}"
            loggers.append(WandbLogger(project="doppelganger", name=run, save_dir=Path("runs", run)))
        return loggers


def _ignore_known_warnings() -> None:
    """Silence what is meant as it is, and hints of Lightning that do not apply here."""
    # Batches are numbers until they reach the device: there is nothing for workers to do.
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*smaller than the logging interval.*")
    # cross-validate and study pass the arguments of a training on: sys.argv holds theirs.
    warnings.filterwarnings("ignore", message=".*args parameter is intended to run from within Python.*")
    # Lightning itself calls a torch function that torch will rename.
    warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
    # The data module's state holds the place of the data loader; and each resumed run has a new folder.
    warnings.filterwarnings("ignore", message=".*your dataloader is not resumable.*")
    warnings.filterwarnings("ignore", message=".*The dirpath has changed from.*")
    # Hints for other products, and what the progress bar shows anyway.
    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.WARNING)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


if __name__ == "__main__":
    sys.exit("lightning_modules.command_line.cli is no command; use python -m lightning_modules.training_command")
