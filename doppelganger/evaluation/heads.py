"""Heads: small layers trained on embeddings that are already there."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from doppelganger.evaluation.figures import metric_of
from doppelganger.evaluation.probe_task import Predictions, ProbeTask
from doppelganger.evaluation.splits import Split, splits_of

_AT_ONCE = 64  # clips predicted


class Inputs(Protocol):
    """What a head hears of some clips."""

    def __getitem__(self, rows: Tensor, /) -> Tensor: ...


@dataclass(frozen=True)
class Training:
    """How a head is trained: Adam, and stopped early.

    Args:
        learning_rate: of Adam.
        batch_size: clips a step; fewer, but at least 16, where there would be less than `least_steps` an epoch.
        max_epochs: at most so many.
        patience: checks without a better score before it stops.
        check_every: epochs between two checks.
        least_steps: see `batch_size`.
        stop_by: what is checked: the loss, or the score (accuracy, or mean average precision).
    """

    learning_rate: float
    batch_size: int
    max_epochs: int
    patience: int
    check_every: int = 1
    stop_by: Literal["loss", "score"] = "loss"
    least_steps: int = 1

    def clips_a_step(self, n_clips: int) -> int:
        return min(self.batch_size, max(n_clips // self.least_steps, 16))


def train(
    head: nn.Module,
    x: Inputs,
    truth: Tensor,
    fit: np.ndarray,
    choose: np.ndarray,
    training: Training,
    *,
    multi_label: bool,
    seed: int,
) -> tuple[float, int]:
    """Train a head on some clips, and leave it as it was when it did best on others.

    Args:
        head: x (batch, ...) to logits (batch, n_classes).
        x: rows (n,) -> what the head hears, (n, ...); a tensor, say.
        truth: bool (n_clips, n_classes).
        fit, choose: rows to learn from, and to be judged by; these two never meet the rows tested.
        training: see `Training`.
        multi_label: several classes may be true at once.
        seed: of the order of the clips, and of dropout.

    Returns:
        the best score on `choose`, or the least loss with its sign turned, and the epoch it was reached in.
    """
    loss = nn.BCEWithLogitsLoss() if multi_label else nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(head.parameters(), lr=training.learning_rate, fused=True)
    rows, target = torch.from_numpy(fit), truth.float()
    best, best_epoch, kept = -np.inf, 0, copy.deepcopy(head.state_dict())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for epoch in range(1, training.max_epochs + 1):
            head.train()
            for batch in rows[torch.randperm(len(rows))].split(training.clips_a_step(len(rows))):
                if len(batch) == 1 < len(rows):  # batch norm cannot learn from one
                    continue
                optimizer.zero_grad()
                logits = head(x[batch])
                loss(logits, target[batch].to(logits.device)).backward()
                optimizer.step()
            if epoch % training.check_every:
                continue
            scores = scores_of(head, x, choose)
            if training.stop_by == "loss":
                found = -float(loss(torch.from_numpy(scores), target[choose]))
            else:
                found = float(metric_of(multi_label)(scores, truth[choose].numpy(), np.ones((1, len(choose))))[0])
            if found > best:
                best, best_epoch, kept = found, epoch, copy.deepcopy(head.state_dict())
            elif epoch - best_epoch >= training.patience * training.check_every:
                break
    head.load_state_dict(kept)
    return best, best_epoch


@torch.inference_mode()
def scores_of(head: nn.Module, x: Inputs, rows: np.ndarray) -> np.ndarray:
    """Logits of some rows, float32 (n_rows, n_classes)."""
    head.eval()
    return torch.cat([head(x[batch]) for batch in torch.from_numpy(rows).split(_AT_ONCE)]).cpu().numpy()


def seeded(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A head with the random weights of a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def three_seeds(
    question: ProbeTask,
    inputs: Callable[[np.ndarray], Tensor],
    make: Callable[[int, int], nn.Module],
    training: Training,
    on_round: Callable[[], None],
) -> Predictions:
    """Every split learned and tested three times, the seeds of weights, order and validation clips differing.

    Args:
        question: see `ProbeTask`.
        inputs: the clips learned from -> what the head hears of all clips, (n_clips, ..., dim).
        make: dim and n_classes -> a head.
        training: see `Training`.
        on_round: called after every split and seed.
    """
    truth = torch.from_numpy(question.truth)
    scores: list[np.ndarray] = []
    splits: list[Split] = []
    chosen: dict[str, list[int]] = {}
    for seed in range(3 * question.seed, 3 * question.seed + 3):
        splits = splits_of(question.folds, question.labels, seed)
        for split in splits:
            x = inputs(split.fit)
            head = seeded(lambda dim=x.shape[-1]: make(dim, truth.shape[1]), seed)
            _, epoch = train(
                head, x, truth, split.fit, split.choose, training, multi_label=question.multi_label, seed=seed
            )
            scores.append(scores_of(head, x, split.test))
            chosen.setdefault(split.name, []).append(epoch)
            on_round()
    tested = np.concatenate([split.test for split in splits])
    by_seed = np.concatenate(scores).reshape(3, len(tested), -1)
    return Predictions(tested, by_seed, {name: {"epoch": epochs} for name, epochs in chosen.items()})
