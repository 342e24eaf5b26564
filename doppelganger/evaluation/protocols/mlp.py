"""A multilayer perceptron on the mean embedding, with settings chosen from HEAR's grid.

Eight of the 16 settings (1 or 2 hidden layers of 1,024, four learning rates, two initialisations) are drawn by seed and
trained on every split; the best on its validation clips (val, or the fold after the test fold) is tested. Training
stops early on the same clips. Embeddings are not standardised; one seed. HEAR selects on the first split alone, whose
validation fold it tests later.

Source: Turian et al., HEAR, 2022, appendix B; github.com/hearbenchmark/hear-eval-kit, predictions/task_predictions.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from sklearn.model_selection import ParameterGrid
from torch import nn

from doppelganger.evaluation.heads import Training, scores_of, seeded, train
from doppelganger.evaluation.probe_task import Predictions, ProbeTask
from doppelganger.evaluation.splits import Split, splits_of

GRID = {
    "n_hidden": [1, 2],
    "learning_rate": [3.2e-3, 1e-3, 3.2e-4, 1e-4],
    "initialisation": ["xavier_uniform_", "xavier_normal_"],
}
N_TRIED = 8
_WIDTH, _DROPOUT = 1024, 0.1
_TRAINING = Training(learning_rate=1e-3, batch_size=1024, max_epochs=500, patience=20, check_every=3, stop_by="score")


def predict(probe_task: ProbeTask, on_round: Callable[[], None]) -> Predictions:
    x, targets = torch.from_numpy(probe_task.embeddings.mean), probe_task.targets
    splits = splits_of(probe_task.folds, probe_task.labels, probe_task.seed, choose_by="fold")

    def fitted(setting: dict, split: Split) -> tuple[float, int, nn.Module]:
        head = seeded(lambda: _network(x.shape[1], targets.truth.shape[1], setting), probe_task.seed)
        training = replace(_TRAINING, learning_rate=setting["learning_rate"])
        return *train(head, x, targets, split.fit, split.choose, training, probe_task.seed), head

    scores, chosen = [], {}
    for split in splits:
        tried = [(setting, *fitted(setting, split)) for setting in _draw(probe_task.seed)]
        setting, _, epoch, head = max(tried, key=lambda trial: trial[1])
        scores.append(scores_of(head, x, split.test))
        chosen[split.name] = {**setting, "epoch": epoch}
        on_round()
    return Predictions(np.concatenate([split.test for split in splits]), np.concatenate(scores)[None], chosen)


def _draw(seed: int) -> Sequence[dict]:
    settings = list(ParameterGrid(GRID))
    return [settings[i] for i in np.random.default_rng(seed).permutation(len(settings))[:N_TRIED]]


def _network(dim: int, n_classes: int, setting: dict) -> nn.Module:
    layers: list[nn.Module] = []
    for _ in range(setting["n_hidden"]):
        layers += [nn.Linear(dim, _WIDTH), nn.BatchNorm1d(_WIDTH), nn.Dropout(_DROPOUT), nn.ReLU()]
        dim = _WIDTH
    network = nn.Sequential(*layers, nn.Linear(dim, n_classes))
    for i, layer in enumerate(layer for layer in network if isinstance(layer, nn.Linear)):
        gain = nn.init.calculate_gain("relu" if i else "linear")
        getattr(nn.init, setting["initialisation"])(layer.weight, gain=gain)
    return network
