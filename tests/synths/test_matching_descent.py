"""The descent of matching, against Adam of PyTorch."""

import pytest
import torch

from synths.matching.descent import Descent

N_STEPS = 30


def bowl(theta):
    """A loss of rows whose parameters differ in steepness, and its gradient."""
    theta = theta.detach().requires_grad_()
    steepness = torch.logspace(-3, 3, theta.shape[1], dtype=theta.dtype)
    (slope,) = torch.autograd.grad(((theta - 0.3).square() * steepness).sum(), theta)
    return slope


def descended(theta, n_steps=N_STEPS):
    descent = Descent(theta, bowl(theta))
    for _ in range(n_steps):
        theta = descent.next()
        descent.go_to(theta, bowl(theta), torch.ones(len(theta), dtype=torch.bool))
    return descent


def test_a_descent_is_adam_with_a_step_that_shrinks():
    start = torch.rand(5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    theta = start.clone().requires_grad_()
    adam = torch.optim.Adam([theta], lr=0.05, betas=(0.9, 0.9), eps=1e-8)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda n: 15 / (15 + n))
    for _ in range(N_STEPS):
        theta.grad = bowl(theta)
        adam.step()
        schedule.step()
    torch.testing.assert_close(descended(start).theta, theta.detach())


def test_rows_that_are_left_out_stay_where_they_are():
    descent = Descent(torch.zeros(2, 1), torch.ones(2, 1))
    descent.go_to(torch.full((2, 1), 0.5), torch.full((2, 1), 2.0), torch.tensor([True, False]))
    assert descent.theta.flatten().tolist() == [0.5, 0.0] and descent.slope.flatten().tolist() == [2.0, 1.0]


def test_a_row_that_begins_again_has_no_momentum():
    descent = descended(torch.tensor([[0.9, 0.9], [0.1, 0.1]]), 3)
    here = torch.tensor([[0.5, 0.5]])
    descent.restart(torch.tensor([0]), torch.tensor([1]), here, torch.zeros(1, 2))
    assert torch.equal(descent.next()[:1], here)


def test_a_row_that_begins_again_has_the_steps_of_its_like():
    """Adam's fourth step from the slopes of another row, but for the momentum."""
    slopes = torch.tensor([[5.0], [1.0]], dtype=torch.float64) * torch.tensor([1.0, 2.0, 3.0])
    descent = Descent(torch.zeros(2, 1, dtype=torch.float64), slopes[:, :1])
    for slope in (slopes[:, 1:2], slopes[:, 2:], slopes[:, 2:]):
        descent.go_to(descent.next(), slope, torch.tensor([True, True]))
    here, slope = torch.tensor([[0.5]]).double(), 4.0
    descent.restart(torch.tensor([0]), torch.tensor([1]), here, torch.full_like(here, slope))
    square = 0.1 * (0.9**3 * 1**2 + 0.9**2 * 2**2 + 0.9 * 3**2 + slope**2)
    step = 0.05 / (1 + 3 / 15) * 0.1 * slope / (1 - 0.9**4) / (square / (1 - 0.9**4)) ** 0.5
    assert descent.next()[0].item() == pytest.approx(0.5 - step)


def test_a_slope_that_is_not_a_number_or_endless_stops_no_parameter():
    theta = torch.full((1, 3), 0.5)
    descent = Descent(theta, torch.tensor([[torch.nan, torch.inf, 1.0]]))
    descent.go_to(descent.next(), torch.ones(1, 3), torch.tensor([True]))
    assert descent.theta[0, 0] == 0.5 and descent.theta.isfinite().all()
    before = descent.theta
    for _ in range(200):
        before = descent.theta
        descent.go_to(descent.next(), torch.ones(1, 3), torch.tensor([True]))
    assert (descent.theta < before).all()
