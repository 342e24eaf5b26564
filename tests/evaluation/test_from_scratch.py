from dataclasses import replace

import numpy as np
import torch
from torch import nn

from doppelganger.encoders import Encoder
from doppelganger.evaluation import Task, evaluate, from_scratch
from doppelganger.evaluation.baselines import with_baselines
from doppelganger.evaluation.protocols import linear


class Bands(Encoder):
    """A spectrum behind a random linear layer, which must be trained."""

    sample_rate, window_s, embedding_dim = 8000, 0.1, 16

    def __init__(self, seed: int = 0):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.linear = nn.Linear(40, 16)

    def forward(self, waveform):
        return self.linear(torch.fft.rfft(waveform).abs()[:, 1:401].unflatten(1, (40, -1)).amax(dim=2).log1p()).relu()

    def untrained(self, seed: int = 0):
        return Bands(seed)


def test_training_from_scratch_learns_what_a_random_encoder_lacks():
    rng = np.random.default_rng(0)
    n = 120
    label = [f"tone {i % 6}" for i in range(n)]
    time = np.arange(2000) / 8000
    sounds = [
        np.sin(2 * np.pi * (300 + 500 * (i % 6) + rng.uniform(-150, 150)) * time).astype(np.float32) for i in range(n)
    ]
    names, folds = [str(i) for i in range(n)], ["train", "train", "val", "test"] * 30
    task = Task("tones", names, label, folds, lambda clip: [sounds[clip]], str, 8000)
    (result,) = evaluate(with_baselines(Bands()), [task], from_scratch=True)
    scores = {name: score["score"] for name, score in result["protocols"]["linear"]["encoders"].items()}
    assert scores.keys() == {"trained", "random", "log_mel", "from_scratch"}
    assert scores["from_scratch"] > 0.9


def test_from_scratch_depends_on_the_seed_alone_and_hears_clips_at_the_encoders_rate(monkeypatch):
    for module in (linear, from_scratch):
        monkeypatch.setattr(module, "TRAINING", replace(module.TRAINING, max_epochs=2))
    rng = np.random.default_rng(0)
    sounds = rng.standard_normal((12, 800)).astype(np.float32)
    names, labels, folds = [str(i) for i in range(12)], ["a", "b"] * 6, ["train", "train", "val", "test"] * 3
    task = Task("noise", names, labels, folds, lambda clip: [sounds[clip]], str, 8000)
    at_another_rate = replace(
        task, blocks=lambda clip: [sounds[clip][::2]], sample_rate=4000, read_at=lambda rate: task
    )
    found = [evaluate({"trained": Bands()}, [each], from_scratch=True)[0] for each in (task, at_another_rate)]
    assert found[0] == found[1]
