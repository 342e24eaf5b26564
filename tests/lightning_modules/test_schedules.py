import pytest
import torch

from lightning_modules.schedules import Constant, Cosine, Steps


def test_cosine_is_torchs():
    n = 50
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n)
    for step in range(n):
        assert Cosine(warmup=0.0)(step / n) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-6)
        optimizer.step()
        reference.step()


def test_steps_fall_at_the_published_epochs():
    """200 epochs of 117 steps: epochs 155, 170 and 185."""
    schedule, n = Steps(milestones=[0.775, 0.85, 0.925]), 200 * 117
    for epoch, factor in ((0, 1), (154, 1), (155, 0.1), (169, 0.1), (170, 0.01), (185, 0.001), (199, 0.001)):
        for step in (0, 116):
            assert schedule((epoch * 117 + step) / n) == pytest.approx(factor)


def test_a_warm_up_climbs_from_nothing():
    assert [Constant(warmup=0.5)(progress) for progress in (0, 0.25, 0.5, 1)] == [0, 0.5, 1, 1]


def test_a_warm_up_in_steps_is_refused():
    with pytest.raises(ValueError, match="share of the training from 0 to below 1; got 500"):
        Constant(warmup=500)


def test_a_cosine_that_holds_is_1_and_then_the_rest_of_a_cosine():
    schedule, plain = Cosine(warmup=0.1, hold=0.5), Cosine(warmup=0.0)
    assert [schedule(p) for p in (0.05, 0.1, 0.3, 0.6)] == pytest.approx([0.5, 1, 1, 1])
    for progress in (0.0, 0.25, 0.5, 1.0):
        assert schedule(0.6 + 0.4 * progress) == pytest.approx(plain(progress))
    with pytest.raises(ValueError, match="hold is a share of the training"):
        Cosine(warmup=0.1, hold=0.9)
