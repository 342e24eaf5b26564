"""The command line of train.py: LightningCLI with a folder, loggers and a progress bar for every run."""

import logging
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pytorch_lightning import LightningDataModule, LightningModule, Trainer
from pytorch_lightning.callbacks import LearningRateMonitor, ModelCheckpoint, RichProgressBar
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger

from lightning_modules.callbacks import SavePredictions
from lightning_modules.class_paths import require_fitting_classes
from lightning_modules.parser import HelpfulParser
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
    """fit | validate | test | predict; adds `--name` and `--wandb`.

    Args:
        started: date and time in the name of the run's folder; none is now.
    """

    def __init__(self, started: str | None = None, **kwargs):
        # Batches are numbers until they reach the device: there is nothing for workers to do.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        # Lightning's own call of a torch function that is to be renamed.
        warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
        # Hints for other products, and what the progress bar shows anyway.
        logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.WARNING)
        self.started = started or datetime.now().strftime("%Y%m%d-%H%M%S")
        super().__init__(
            LightningModule,
            LightningDataModule,
            subclass_mode_model=True,
            subclass_mode_data=True,
            auto_configure_optimizers=False,
            save_config_callback=SaveConfig,
            save_config_kwargs={"overwrite": True},
            seed_everything_default=0,
            parser_kwargs={"allow_abbrev": False},
            trainer_defaults={
                "log_every_n_steps": 10,
                "callbacks": [
                    RichProgressBar(),
                    LearningRateMonitor(),
                    ModelCheckpoint(save_last=True),
                    SavePredictions(),
                ],
            },
            **kwargs,
        )

    def init_parser(self, **kwargs) -> LightningArgumentParser:
        parser = super().init_parser(**kwargs)
        parser.__class__ = HelpfulParser  # Lightning has no place to name another parser
        return parser

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        parser.add_argument("--name", default="run", help="the run's folder is runs/NAME/DATE-TIME")
        parser.add_argument("--wandb", action="store_true", help="log to Weights & Biases as well")

    def _parse_ckpt_path(self) -> None:
        """Lightning would merge a checkpoint's hyper-parameters into the config; here the config alone counts.

        A stranger's checkpoint could otherwise name any function as a class, and the CLI would call it.
        """

    def before_instantiate_classes(self) -> None:
        config = self.config[self.subcommand] if self.subcommand else self.config
        try:
            require_fitting_classes(config)
        except ValueError as error:
            self._parser(self.subcommand).error(str(error))

    def instantiate_trainer(self, **kwargs) -> Trainer:
        config = self.config[self.subcommand] if self.subcommand else self.config
        if config.trainer.logger in (None, True):
            fold = config.data.init_args.get("fold")
            version = f"{self.started}-fold-{fold}" if fold else self.started
            kwargs["logger"] = self._loggers(config.name, version, config.wandb)
        return super().instantiate_trainer(**kwargs)

    def _loggers(self, name: str, version: str, use_wandb: bool) -> list[Logger]:
        loggers: list[Logger] = [cls("runs", name=name, version=version) for cls in (CSVLogger, TensorBoardLogger)]
        if use_wandb:
            folder = Path("runs", name, version)
            folder.mkdir(parents=True, exist_ok=True)
            loggers.append(WandbLogger(project="doppelganger", name=f"{name}/{version}", save_dir=folder))
        return loggers
