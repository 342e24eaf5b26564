"""What a resolved config is checked for before anything in it is made."""

from pathlib import Path

from jsonargparse import Namespace

from lightning_modules.accelerators import require_accelerator
from lightning_modules.configuration.class_paths import require_fitting_classes
from synths import plugins


def require_usable(config: Namespace) -> None:
    """Refuse a config whose values are of the right type and still cannot be trained with.

    Raises:
        ValueError: a class path that names no class, a GPU where there is none, a name outside runs/, a count of the
            trainer that is not above 0, or `weights_only: false` beside --allow.
    """
    require_fitting_classes(config)
    require_accelerator(config.trainer.accelerator)
    _require_in_runs(config.name)
    _require_above_zero(config.trainer)
    if plugins.are_restricted() and config.get("weights_only") is False:
        raise ValueError("--allow: expected no weights_only: false beside it, with which a checkpoint runs code")


def _require_in_runs(name: str) -> None:
    """Refuse a name whose folder is not below runs/."""
    path = Path(name)
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"--name: expected a name, or a path below runs/ without ..; got {name!r}")


def _require_above_zero(trainer: Namespace) -> None:
    """Refuse counts of the trainer by which Lightning would divide, or scale the learning rate below 0."""
    for key in ("accumulate_grad_batches", "check_val_every_n_epoch", "val_check_interval"):
        value = trainer[key]
        if isinstance(value, int | float) and value <= 0:
            raise ValueError(f"--trainer.{key}: expected a number above 0; got {value}")
