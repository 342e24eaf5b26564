"""Batch norm over ranks; that every objective learns the same on any number of them is in tests/contracts."""

from functools import partial

import pytest
import torch
from timm.layers import BatchNormAct2d

from doppelganger.objectives import batch_norm
from doppelganger.objectives.batch_norm import CrossRankBatchNorm, across_ranks


def test_batch_norm_of_one_rank_is_torchs_in_training_and_evaluation():
    x, (ours, theirs) = torch.randn(6, 3, 4), (torch.nn.BatchNorm1d(3) for _ in range(2))
    across_ranks(module := torch.nn.Sequential(ours))
    assert type(module[0]) is CrossRankBatchNorm and module.state_dict().keys() == {
        f"0.{name}" for name in theirs.state_dict()
    }
    for mode in (True, False):
        torch.testing.assert_close(module.train(mode)(x), theirs.train(mode)(x))
    torch.testing.assert_close(ours.running_var, theirs.running_var)


@pytest.mark.parametrize(
    "kind",
    [
        torch.nn.BatchNorm2d,
        BatchNormAct2d,
        partial(torch.nn.BatchNorm2d, momentum=None),
        partial(torch.nn.BatchNorm2d, track_running_stats=False),
    ],
)
def test_batch_norm_takes_the_moments_of_all_ranks(kind, monkeypatch):
    """This rank beside another with the same numbers of its own, as if all were in one batch."""
    mine, other = torch.randn(2, 6, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    ours, theirs = kind(3), kind(3)
    across_ranks(torch.nn.Sequential(ours))
    expected = theirs(torch.cat([mine, other]))[:6]
    mean = torch.cat([mine, other]).mean(dim=(0, 2, 3))
    others = iter([other.sum(dim=(0, 2, 3)), (other - mean[:, None, None]).square().sum(dim=(0, 2, 3))])
    monkeypatch.setattr(batch_norm, "alone", lambda: False)
    monkeypatch.setattr(batch_norm, "all_reduce_sum", lambda count: 2 * count)
    monkeypatch.setattr(batch_norm, "all_reduce_with_grad", lambda x: x + next(others))
    torch.testing.assert_close(ours(mine), expected, atol=1e-5, rtol=1e-5)
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, msg=name)
    monkeypatch.setattr(batch_norm, "all_reduce_sum", None)
    ours.eval()(mine)  # nothing is reduced: a callback evaluates on one rank alone
    with pytest.raises(ValueError, match=r"expected \(batch, channels, \.\.\.\); got \(3,\)"):
        ours(torch.zeros(3))
