"""Settings of optimizers: which are refused, which weights decay, and what a resumed run takes from its config."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from pytorch_lightning import Trainer
from torch.optim import Optimizer


def require_first_order(optimizer: Optimizer) -> None:
    """Refuse an optimizer that needs second derivatives, which Lightning does not compute.

    Raises:
        ValueError: it does.
    """
    if getattr(optimizer, "is_second_order", False):
        raise ValueError(f"optimizer: expected one of first derivatives; {type(optimizer).__name__} needs second ones")


def exempt_vectors_from_decay(optimizer: Optimizer) -> None:
    """Move norms and biases, which are vectors, into a group of their own without weight decay.

    Raises:
        ValueError: an optimizer that takes a single group.
    """
    if isinstance(optimizer, torch.optim.LBFGS):
        raise ValueError(
            f"optimizer: expected one with groups of parameters; {type(optimizer).__name__} has a single one: "
            "set decay_norms_and_biases: true"
        )
    (group,) = optimizer.param_groups
    vectors = [p for p in group["params"] if p.ndim < 2]
    group["params"] = [p for p in group["params"] if p.ndim >= 2]
    optimizer.add_param_group({**group, "params": vectors, "weight_decay": 0.0})


def settings_of(optimizer: Optimizer) -> list[dict[str, Any]]:
    """The arguments of each group of an optimizer, without its state."""
    arguments = inspect.signature(type(optimizer)).parameters.keys() - {"params"}
    return [{key: value for key, value in group.items() if key in arguments} for group in optimizer.param_groups]


def keep_settings(trainer: Trainer, settings: Sequence[Mapping[str, Any]]) -> None:
    """Give the groups of the optimizer the settings of the config again.

    A checkpoint that was loaded has put its own in their place: those of another batch size or number of devices, or of
    a config that has changed since. The learning rate is that of the schedule at this step.
    """
    for config in trainer.lr_scheduler_configs:
        scheduler: Any = config.scheduler
        scheduler.base_lrs = [each["lr"] for each in settings]
        for group, each, factor in zip(scheduler.optimizer.param_groups, settings, scheduler.lr_lambdas, strict=True):
            group.update(each, initial_lr=each["lr"], lr=each["lr"] * factor(scheduler.last_epoch))
