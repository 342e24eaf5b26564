import math
import time
from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import GradientAccumulationScheduler, Timer

from lightning_modules.schedules import Constant, Cosine, Steps, factor_of_step


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


def test_milestones_in_epochs_are_refused():
    """A learning rate that never falls would be the only sign."""
    with pytest.raises(ValueError, match=r"shares of the training from 0 to 1; got \[155, 0\.9\]"):
        Steps(milestones=[155, 0.9])


def test_a_cosine_falls_from_the_end_of_its_warm_up_to_its_final_factor():
    """Loshchilov and Hutter, equation 5, over the steps after the warm-up."""
    schedule = Cosine(warmup=0.2, final=0.1)
    for progress in (0.0, 0.05, 0.1, 0.15):
        assert schedule(progress) == pytest.approx(progress / 0.2)
    for progress in (0.2, 0.4, 0.6, 0.8, 1.0):
        expected = 0.1 + 0.5 * 0.9 * (1 + math.cos(math.pi * (progress - 0.2) / 0.8))
        assert schedule(progress) == pytest.approx(expected)
    assert schedule(0.6) == pytest.approx(0.55) and schedule(1.0) == pytest.approx(0.1)


def test_a_number_of_accumulated_batches_that_a_callback_changes_is_refused():
    """Lightning counts the steps of the run without it, so that a cosine would end after 1/4 of its fall."""
    callback = GradientAccumulationScheduler(scheduling={0: 4})
    trainer = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, callbacks=[callback])
    with pytest.raises(ValueError, match=r"expected no GradientAccumulationScheduler, .*accumulate_grad_batches"):
        factor_of_step(Cosine(), trainer)


@pytest.mark.parametrize("n_steps", [-1, math.inf])
def test_a_schedule_of_a_training_without_end_is_refused_and_a_constant_one_not(n_steps):
    limits = {"max_epochs": -1, "max_steps": -1, "limit_train_batches": 1.0, "callbacks": [Timer()]}
    trainer = SimpleNamespace(estimated_stepping_batches=n_steps, **limits)
    assert factor_of_step(Constant(), trainer)(1000) == 1.0
    for schedule in (Cosine(), Constant(warmup=0.1), Steps([0.5])):
        with pytest.raises(
            ValueError, match=rf"model\.schedule: {type(schedule).__name__} with warmup .* needs the end of the"
        ):
            factor_of_step(schedule, trainer)


def test_a_training_of_a_given_time_falls_with_its_time(monkeypatch):
    """Also after a resume, which goes on with the time that was left."""
    seconds = iter(range(1000, 2000))  # every look at the clock takes a second
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    sent = []
    strategy = SimpleNamespace(broadcast=lambda share: sent.append(share) or share)
    timer, again = Timer("00:00:00:40", verbose=False), Timer("00:00:00:40", verbose=False)

    def factor(timer):
        endless = {"estimated_stepping_batches": math.inf, "limit_train_batches": 1.0}
        return factor_of_step(Cosine(warmup=0.0), SimpleNamespace(callbacks=[timer], strategy=strategy, **endless))

    before = factor(timer)
    assert before(0) == 1.0
    timer.on_train_start(None, None)
    factors = [before(7) for _ in range(10)]
    assert factors == sorted(factors, reverse=True) and 0.5 < factors[-1] < 0.6  # 19 to 20 of 40 s
    again.load_state_dict(timer.state_dict())
    again.on_train_start(None, None)
    after = factor(again)
    assert 0.3 < after(0) < 0.5  # 20 to 25 of 40 s
    assert [after(0) for _ in range(20)][-1] == 0.0
    assert all(0 <= share <= 1 for share in sent)


def test_a_step_is_a_share_of_all_steps():
    trainer = SimpleNamespace(estimated_stepping_batches=200, limit_train_batches=1.0, callbacks=[])
    assert factor_of_step(Constant(warmup=0.5), trainer)(25) == pytest.approx(0.25)


def test_a_cosine_that_holds_is_1_and_then_the_rest_of_a_cosine():
    schedule, plain = Cosine(warmup=0.1, hold=0.5), Cosine(warmup=0.0)
    assert [schedule(p) for p in (0.05, 0.1, 0.3, 0.6)] == pytest.approx([0.5, 1, 1, 1])
    for progress in (0.0, 0.25, 0.5, 1.0):
        assert schedule(0.6 + 0.4 * progress) == pytest.approx(plain(progress))
    with pytest.raises(ValueError, match="hold: expected a share of the training"):
        Cosine(warmup=0.1, hold=0.9)
