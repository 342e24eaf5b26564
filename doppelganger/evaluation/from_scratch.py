"""A supervised baseline: the same architecture trained from random weights on the task's own clips.

Trained like the linear protocol (Adam, stopped early by the loss on a tenth of the training clips), but with all layers
learning, in batches of 32 clips, and with one seed. Each training step takes a random one of four windows per clip; in
validation and testing the outputs of all four are averaged.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from doppelganger.embedding.read_ahead import in_threads
from doppelganger.embedding.windows import cut, pad_end, starts_evenly_spaced
from doppelganger.encoders import Encoder
from doppelganger.evaluation.heads import scores_of, seeded, train
from doppelganger.evaluation.probe_task import Predictions
from doppelganger.evaluation.protocols import linear
from doppelganger.evaluation.splits import splits_of
from doppelganger.evaluation.targets import targets_of
from doppelganger.evaluation.task import Task

TRAINING = replace(linear.TRAINING, batch_size=32, max_epochs=50, patience=10)
_WINDOWS = 4


def predict(
    encoder: Encoder, task: Task, clips: list[int], seed: int, device: str | torch.device, on_round: Callable[[], None]
) -> Predictions:
    """Train one copy of an architecture per split, and predict the test clips.

    Args:
        encoder: encoder whose architecture is trained; its weights are not used.
        task: see `Task`.
        clips: numbers of the usable clips.
        seed: seed for weights, order and windows.
        device: device to train on.
        on_round: callback after every split.
    """
    labels, folds = [task.labels[i] for i in clips], [task.folds[i] for i in clips]
    targets = targets_of(labels)
    windows = _Windows(task, clips, encoder.window, device)
    splits = splits_of(folds, labels, seed)
    scores, chosen = [], {}
    for split in splits:
        head = seeded(lambda: _Supervised(encoder.untrained(seed), targets.truth.shape[1]), seed).to(device)
        _, epoch = train(head, windows, targets, split.fit, split.choose, TRAINING, seed)
        scores.append(scores_of(head, windows, split.test))
        chosen[split.name] = {"epoch": epoch}
        on_round()
    return Predictions(np.concatenate([split.test for split in splits]), np.concatenate(scores)[None], chosen)


class _Windows:
    """Clips by row as four evenly spaced windows each, (n_rows, 4, n_samples), read from disk on every access."""

    def __init__(self, task: Task, clips: list[int], size: int, device: str | torch.device):
        self.task, self.clips, self.size, self.device = task, clips, size, device

    def __getitem__(self, rows: Tensor) -> Tensor:
        return torch.stack(list(in_threads(self._windows, rows.tolist()))).to(self.device)

    def _windows(self, row: int) -> Tensor:
        waveform = torch.from_numpy(np.concatenate(list(self.task.blocks(self.clips[row]))))
        waveform = pad_end(waveform, self.size)
        return cut(waveform, starts_evenly_spaced(len(waveform), self.size, _WINDOWS), self.size)


class _Supervised(nn.Module):
    def __init__(self, encoder: Encoder, n_outputs: int):
        super().__init__()
        self.encoder = encoder
        self.linear = nn.Linear(encoder.embedding_dim, n_outputs)

    def forward(self, windows: Tensor) -> Tensor:
        n, n_windows, _ = windows.shape
        if self.training:
            drawn = torch.randint(n_windows, (n,), device=windows.device)
            return self.linear(self.encoder(windows[torch.arange(n, device=windows.device), drawn]))
        return self.linear(self.encoder(windows.flatten(0, 1))).view(n, n_windows, -1).mean(dim=1)
