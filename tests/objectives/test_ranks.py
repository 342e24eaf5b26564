"""One loss for any number of ranks."""

import subprocess
import sys

import pytest
import torch

from doppelganger.objectives import batch_norm, ranks
from doppelganger.objectives.batch_norm import CrossRankBatchNorm, across_ranks

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
assert ranks.all_reduce_sum(torch.tensor(rank + 1.0)) == n_ranks * (n_ranks + 1) / 2
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


def test_batch_norm_of_one_rank_is_torchs_in_training_and_evaluation():
    x, (ours, theirs) = torch.randn(6, 3, 4), (torch.nn.BatchNorm1d(3) for _ in range(2))
    across_ranks(module := torch.nn.Sequential(ours))
    assert type(module[0]) is CrossRankBatchNorm and module.state_dict().keys() == {
        f"0.{name}" for name in theirs.state_dict()
    }
    for mode in (True, False):
        torch.testing.assert_close(module.train(mode)(x), theirs.train(mode)(x))
    torch.testing.assert_close(ours.running_var, theirs.running_var)


def test_batch_norm_takes_the_moments_of_all_ranks(monkeypatch):
    """This rank beside another with the same numbers of its own, as if all were in one batch."""
    mine, other = torch.randn(2, 6, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    ours, theirs = torch.nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3)
    across_ranks(torch.nn.Sequential(ours))
    expected = theirs(torch.cat([mine, other]))[:6]
    mean = torch.cat([mine, other]).mean(dim=(0, 2, 3))
    others = iter([other.sum(dim=(0, 2, 3)), (other - mean[:, None, None]).square().sum(dim=(0, 2, 3))])
    monkeypatch.setattr(batch_norm, "all_reduce_sum", lambda count: 2 * count)
    monkeypatch.setattr(batch_norm, "all_reduce_with_grad", lambda x: x + next(others))
    torch.testing.assert_close(ours(mine), expected, atol=1e-5, rtol=1e-5)
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, msg=name)
    with pytest.raises(ValueError, match=r"expected \(batch, channels, \.\.\.\); got \(3,\)"):
        ours(torch.zeros(3))
