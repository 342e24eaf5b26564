"""One linear layer with an L2 penalty on the standardised mean embedding, trained to its optimum.

It is logistic regression for classes and ridge regression for numbers. Of nine penalties, the one with the lowest loss
on the validation clips (val, or the fold after the test fold) is used in training on all training clips. There is one
seed; it draws the tenth of train that replaces a missing val. In contrast to `linear`, which stops early, nothing
depends on initial weights or step size, which matters for few clips and wide embeddings.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from doppelganger.evaluation.heads import standardised
from doppelganger.evaluation.probe_task import Predictions, ProbeTask
from doppelganger.evaluation.splits import splits_of

PENALTIES = (100.0, 10.0, 1.0, 0.1, 0.01, 0.001, 1e-4, 1e-5, 1e-6)
_MOST_ITERATIONS = 200


def predict(probe_task: ProbeTask, on_round: Callable[[], None]) -> Predictions:
    mean, targets = probe_task.embeddings.mean, probe_task.targets
    loss, truth = targets.loss(), torch.from_numpy(targets.truth).float()
    splits = splits_of(probe_task.folds, probe_task.labels, probe_task.seed, choose_by="fold")
    scores, chosen = [], {}
    for split in splits:
        tried = _path(standardised(mean, split.fit), truth, split.fit, loss, PENALTIES)
        losses = {penalty: float(loss(outputs[split.choose], truth[split.choose])) for penalty, outputs in tried}
        best = min(losses, key=losses.__getitem__)
        train = np.concatenate([split.fit, split.choose])
        stronger = PENALTIES[: PENALTIES.index(best) + 1]
        *_, (_, outputs) = _path(standardised(mean, train), truth, train, loss, stronger)
        scores.append(outputs[split.test].numpy())
        chosen[split.name] = {"penalty": best}
        on_round()
    return Predictions(np.concatenate([split.test for split in splits]), np.concatenate(scores)[None], chosen)


def _path(
    x: Tensor, truth: Tensor, train: np.ndarray, loss: nn.Module, penalties: tuple[float, ...]
) -> Iterator[tuple[float, Tensor]]:
    """Each penalty, and the outputs (n_clips, n_outputs) of the layer trained with it, starting from the one before."""
    layer = nn.Linear(x.shape[1], truth.shape[1])
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    x_train, truth_train = x[train], truth[train]
    for penalty in penalties:
        _train(layer, x_train, truth_train, loss, penalty)
        yield penalty, layer(x).detach()


def _train(layer: nn.Linear, x: Tensor, truth: Tensor, loss: nn.Module, penalty: float) -> None:
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=_MOST_ITERATIONS, line_search_fn="strong_wolfe")

    def objective() -> Tensor:
        optimizer.zero_grad()
        value = loss(layer(x), truth) + penalty / 2 * layer.weight.square().sum()
        value.backward()
        return value

    optimizer.step(objective)
