"""Schedules: how the learning rate moves, as a factor of progress from 0 to 1."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback, GradientAccumulationScheduler, Timer


class Schedule(ABC):
    """A learning-rate factor over a training.

    Args:
        warmup: share of the training in which the factor climbs in a straight line from 0.
    """

    def __init__(self, warmup: float = 0.0):
        if not 0 <= warmup < 1:
            raise ValueError(f"warmup: expected a share of the training from 0 to below 1; got {warmup}")
        self.warmup = warmup

    def __call__(self, progress: float) -> float:
        """The factor at `progress`, the share of all steps already made."""
        climb = min(1.0, progress / self.warmup) if self.warmup else 1.0
        return climb * self.factor(progress)

    @abstractmethod
    def factor(self, progress: float) -> float:
        """The factor without the warm-up."""


class Constant(Schedule):
    """No change."""

    def factor(self, progress: float) -> float:
        return 1.0


class Steps(Schedule):
    """Multiplied by `gamma` at each of the milestones.

    Args:
        milestones: shares of the training.
        gamma: the factor.
        warmup: see `Schedule`.
    """

    def __init__(self, milestones: Sequence[float], gamma: float = 0.1, warmup: float = 0.0):
        super().__init__(warmup)
        if not all(0 <= milestone <= 1 for milestone in milestones):
            raise ValueError(f"milestones: expected shares of the training from 0 to 1; got {list(milestones)}")
        self.milestones = milestones
        self.gamma = gamma

    def factor(self, progress: float) -> float:
        return self.gamma ** sum(progress >= milestone for milestone in self.milestones)


class Cosine(Schedule):
    """Half a cosine from 1 after the warm-up down to `final`.

    Args:
        warmup: see `Schedule`.
        final: the factor at the end.
        hold: share of the training at the full rate, between the warm-up and the fall. Until the fall begins, training
            does not depend on the number of steps, so it can be continued for longer.

    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.
    """

    def __init__(self, warmup: float = 0.05, final: float = 0.0, hold: float = 0.0):
        super().__init__(warmup)
        if not 0 <= hold < 1 - warmup:
            raise ValueError(f"hold: expected a share of the training, less than what warmup leaves; got {hold}")
        self.final = final
        self.hold = hold

    def factor(self, progress: float) -> float:
        fall = max(0.0, progress - self.warmup - self.hold) / (1 - self.warmup - self.hold)
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * fall)) / 2


def factor_of_step(schedule: Schedule, trainer: Trainer) -> Callable[[int], float]:
    """The learning-rate factor at each step of a trainer's run.

    Progress is the share of the run's steps; where their number is open, the share of `trainer.max_time`.

    Raises:
        ValueError: steps and time are both open, and the schedule needs an end; or a callback changes
            the number of accumulated batches.
    """
    callbacks: list[Callback] = trainer.callbacks  # pyright: ignore[reportAttributeAccessIssue]
    if any(isinstance(each, GradientAccumulationScheduler) for each in callbacks):
        # Lightning sets the number when an epoch starts, after the learning rate and the run's steps are computed.
        raise ValueError(
            "trainer.callbacks: expected no GradientAccumulationScheduler, which the learning rate and its schedule "
            "do not follow; set trainer.accumulate_grad_batches in its place"
        )
    n_steps = trainer.estimated_stepping_batches
    if 0 <= n_steps < math.inf or not trainer.limit_train_batches:
        return lambda step: schedule(step / max(n_steps, 1))
    timers = [each for each in callbacks if isinstance(each, Timer) and each.time_remaining() is not None]
    if timers:
        # Clocks of several devices differ, and their learning rates must not.
        return lambda step: schedule(trainer.strategy.broadcast(_share_of_time(timers[0])))
    if schedule.warmup or not isinstance(schedule, Constant):
        raise ValueError(
            f"model.schedule: {type(schedule).__name__} with warmup {schedule.warmup} needs the end of the training, "
            f"and trainer.max_epochs {trainer.max_epochs}, trainer.max_steps {trainer.max_steps} and trainer.max_time "
            "leave it open. Set one of the three, or take lightning_modules.schedules.Constant with warmup 0"
        )
    return lambda step: schedule(0.0)


def _share_of_time(timer: Timer) -> float:
    elapsed, remaining = timer.time_elapsed(), timer.time_remaining() or 0.0
    return elapsed / (elapsed + max(remaining, 0.0)) if elapsed else 0.0
