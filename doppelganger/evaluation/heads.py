"""Train small heads on embeddings that are already computed."""

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from doppelganger.evaluation.probe_task import Predictions, ProbeTask
from doppelganger.evaluation.splits import Split, splits_of
from doppelganger.evaluation.targets import Targets

_BATCH = 64  # clips in one prediction step
_LEAST_SPREAD = 1e-3  # of the largest


class Inputs(Protocol):
    """Inputs of a head, indexed by clips: a tensor, for example."""

    def __getitem__(self, rows: Tensor, /) -> Tensor: ...


class ShapedInputs(Inputs, Protocol):
    """Inputs with a shape, (n_clips, ..., dim)."""

    @property
    def shape(self) -> Sequence[int]: ...


@dataclass(frozen=True)
class Training:
    """Settings for training a head with Adam and early stopping.

    Args:
        learning_rate: learning rate of Adam.
        batch_size: clips per step; reduced, but not below 16, to reach `least_steps` per epoch.
        max_epochs: maximum number of epochs.
        patience: checks without improvement before training stops.
        check_every: epochs between two checks.
        least_steps: desired minimum of steps per epoch, see `batch_size`.
        stop_by: validation loss, or score (see `Targets`); the loss too where the validation clips have no score: R2 of
            equal numbers, mean average precision of clips without a class.
    """

    learning_rate: float
    batch_size: int
    max_epochs: int
    patience: int
    check_every: int = 1
    stop_by: Literal["loss", "score"] = "loss"
    least_steps: int = 1

    def clips_per_step(self, n_clips: int) -> int:
        return min(self.batch_size, max(n_clips // self.least_steps, 16))


def train(
    head: nn.Module,
    x: Inputs,
    targets: Targets,
    fit: np.ndarray,
    choose: np.ndarray,
    training: Training,
    seed: int,
) -> tuple[float, int]:
    """Train a head, and restore the weights of its best check on the validation clips.

    Args:
        head: x (batch, ...) to predictions (batch, n_outputs).
        x: inputs of the head by row: rows (n,) -> (n, ...).
        targets: what is predicted.
        fit, choose: rows to train on and rows to validate on, both disjoint from the test rows.
        training: see `Training`.
        seed: seed for the order of clips and for dropout.

    Returns:
        the best score on `choose`, or the lowest loss times -1, and the epoch it was reached in.
    """
    loss = targets.loss()
    optimizer = torch.optim.Adam(head.parameters(), lr=training.learning_rate, fused=True)
    rows, target = torch.from_numpy(fit), torch.from_numpy(targets.truth).float()
    value_of = _criterion(targets, choose, training.stop_by)
    best, best_epoch, best_weights = -np.inf, 0, copy.deepcopy(head.state_dict())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for epoch in range(1, training.max_epochs + 1):
            batches = rows[torch.randperm(len(rows))].split(training.clips_per_step(len(rows)))
            usable = [batch for batch in batches if len(batch) > 1 or len(rows) == 1]  # batch norm needs two
            _train_epoch(head, x, target, loss, optimizer, usable)
            if epoch % training.check_every:
                continue
            value = value_of(scores_of(head, x, choose))
            if value > best:
                best, best_epoch, best_weights = value, epoch, copy.deepcopy(head.state_dict())
            elif epoch - best_epoch >= training.patience * training.check_every:
                break
    head.load_state_dict(best_weights)
    return best, best_epoch


def _train_epoch(
    head: nn.Module,
    x: Inputs,
    target: Tensor,
    loss: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Iterable[Tensor],
) -> None:
    """One step for each batch of rows."""
    head.train()
    for batch in batches:
        optimizer.zero_grad()
        predicted = head(x[batch])
        loss(predicted, target[batch].to(predicted.device)).backward()
        optimizer.step()


def _criterion(
    targets: Targets, choose: np.ndarray, stop_by: Literal["loss", "score"]
) -> Callable[[np.ndarray], float]:
    """Predictions of the validation clips -> what early stopping raises: their score, or their loss times -1."""
    truth, weights = targets.truth[choose], np.ones((1, len(choose)))
    loss, target = targets.loss(), torch.from_numpy(truth).float()

    def value(scores: np.ndarray) -> float:
        score = float(targets.measure(scores, truth, weights)[0]) if stop_by == "score" else np.nan
        return -float(loss(torch.from_numpy(scores), target)) if np.isnan(score) else score

    return value


@torch.inference_mode()
def scores_of(head: nn.Module, x: Inputs, rows: np.ndarray) -> np.ndarray:
    """Predictions for the given rows, float32 (n_rows, n_outputs)."""
    head.eval()
    return torch.cat([head(x[batch]) for batch in torch.from_numpy(rows).split(_BATCH)]).cpu().numpy()


def standardised(x: np.ndarray, train: np.ndarray) -> Tensor:
    """Embeddings (n_clips, dim) less the mean of the training clips, over their deviation, see `divisors`."""
    return torch.from_numpy((x - x[train].mean(axis=0)) / divisors(x[train].std(axis=0)))


def divisors(spread: np.ndarray) -> np.ndarray:
    """What embeddings are divided by to standardise them: their deviations (dim,), at least 1/1000 of the largest.

    A number that hardly moves in the training clips is amplified a thousand times at most: it may move in others.
    """
    return np.maximum(spread, _LEAST_SPREAD * spread.max() or 1)


def seeded(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A head with random weights drawn from a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def three_seeds(
    probe_task: ProbeTask,
    inputs: Callable[[np.ndarray], ShapedInputs],
    make: Callable[[int, int], nn.Module],
    training: Training,
    on_round: Callable[[], None],
    learned: Callable[[nn.Module], dict[str, Any]] = lambda head: {},
) -> Predictions:
    """Train and test every split with three seeds, which set weights, order and validation clips.

    Args:
        probe_task: see `ProbeTask`.
        inputs: training clips -> the head's inputs for all clips, (n_clips, ..., dim).
        make: dim and n_outputs -> a head.
        training: see `Training`.
        on_round: callback after every split and seed.
        learned: trained head -> what it learned, plain data by name, stored beside its epoch.
    """
    targets = probe_task.targets
    scores: list[np.ndarray] = []
    splits: list[Split] = []
    chosen: dict[str, dict[str, list[Any]]] = {}
    for seed in range(3 * probe_task.seed, 3 * probe_task.seed + 3):
        splits = splits_of(probe_task.folds, probe_task.labels, seed)
        for split in splits:
            x = inputs(split.fit)
            head = seeded(lambda dim=x.shape[-1]: make(dim, targets.truth.shape[1]), seed)
            _, epoch = train(head, x, targets, split.fit, split.choose, training, seed)
            scores.append(scores_of(head, x, split.test))
            for name, value in {"epoch": epoch, **learned(head)}.items():
                chosen.setdefault(split.name, {}).setdefault(name, []).append(value)
            on_round()
    tested = np.concatenate([split.test for split in splits])
    by_seed = np.concatenate(scores).reshape(3, len(tested), -1)
    return Predictions(tested, by_seed, chosen)
