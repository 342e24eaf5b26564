"""One loss for any number of ranks."""

import dataclasses
import subprocess
import sys

import pytest
import torch
from torch import Tensor

from doppelganger.encoders.text.encoder import TextTransformer
from doppelganger.objectives import contrastive_text, ranks
from doppelganger.objectives.contrastive_text import ContrastiveText

# A process that imports torch alone, and the file under test by its path: two steps of two linear layers.
ONE_RANK = """
import importlib.util, sys
import torch, torch.distributed as dist

file, meeting, out, rank, n_ranks = *sys.argv[1:4], *map(int, sys.argv[4:])
spec = importlib.util.spec_from_file_location("ranks", file)
ranks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(ranks)
torch.set_num_threads(1)


class Learner(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = torch.nn.Linear(6, 3), torch.nn.Linear(5, 3)
        self.scale = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, x, y):
        logits = self.scale * ranks.all_gather_with_grad(self.a(x)) @ ranks.all_gather_with_grad(self.b(y)).T
        return torch.nn.functional.cross_entropy(logits, torch.arange(len(logits)))


torch.manual_seed(0)
x, y, learner = torch.randn(8, 6), torch.randn(8, 5), Learner()
mine = slice(8 // n_ranks * rank, 8 // n_ranks * (rank + 1))
if n_ranks > 1:
    dist.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=n_ranks)
assert ranks.sum_of_ranks(torch.tensor(rank + 1.0)) == n_ranks * (n_ranks + 1) / 2
for _ in range(2):
    gradients = torch.autograd.grad(learner(x[mine], y[mine]), list(learner.parameters()))
    for parameter, gradient in zip(learner.parameters(), gradients):
        if n_ranks > 1:
            dist.all_reduce(gradient)  # and their mean, as DistributedDataParallel does, which takes long to import
        parameter.data -= 0.1 * gradient / n_ranks
torch.save(learner.state_dict(), out)
if n_ranks > 1:
    dist.destroy_process_group()
"""


def test_two_ranks_learn_what_one_learns_from_all_of_it(tmp_path, monkeypatch):
    outs = [tmp_path / name for name in ("first.pt", "second.pt", "one.pt")]
    arguments = [
        ["-c", ranks.__file__, str(tmp_path / "meeting"), str(out), str(rank), n_ranks]
        for out, rank, n_ranks in zip(outs, (0, 1, 0), ("2", "2", "1"), strict=True)
    ]
    processes = [subprocess.Popen([sys.executable, "-c", ONE_RANK, *some[1:]]) for some in arguments[:2]]
    try:
        monkeypatch.setattr(sys, "argv", arguments[2])
        exec(ONE_RANK, {"__name__": "one_rank"})
        assert [process.wait(timeout=90) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
    first, second, one = map(torch.load, outs)
    for name, weight in one.items():
        torch.testing.assert_close(first[name], weight, atol=1e-6, rtol=1e-5)
        torch.testing.assert_close(second[name], first[name], atol=0, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("loss", ["softmax", "sigmoid"])
def test_the_loss_is_of_the_sounds_and_captions_of_all_ranks(loss, monkeypatch, encoder, space, batch):
    torch.manual_seed(0)
    objective = ContrastiveText(encoder, TextTransformer(16, 1, 2), dim=8, loss=loss)
    objective.build(space)

    def of(sounds: slice) -> float:
        labels = dataclasses.replace(batch.labels, make_caption=lambda: batch.labels.caption[sounds])
        mine = dataclasses.replace(batch, index=batch.index[sounds], sound=batch.sound[sounds], labels=labels)
        return objective(mine)["loss"].item()

    whole, sent = of(slice(0, 8)), []
    monkeypatch.setattr(contrastive_text, "all_gather_with_grad", lambda x: sent.append(x) or x)
    of(slice(4, 8))
    others = iter(sent.copy())

    def with_the_other(x: Tensor) -> Tensor:
        return torch.cat([x, next(others)])

    monkeypatch.setattr(contrastive_text, "all_gather_with_grad", with_the_other)
    assert of(slice(0, 4)) == pytest.approx(whole, rel=1e-5)
    assert all(torch.allclose(x.norm(dim=1), torch.ones(4)) for x in sent)
