"""Perturbation, against the statistics of its equation."""

import pytest
import torch

from synths import Parameter, ParameterSpace
from synths.perturbation import perturb


def knobs(n):
    return ParameterSpace(Parameter(f"knob_{i}", 0, 1) for i in range(n))


def test_perturbation_moves_theta_by_delta():
    index = torch.arange(2000)
    theta = torch.full((2000, 10), 0.5)
    a, b = (perturb(knobs(10), theta, 0.05, index, seed=0, view=view) for view in "ab")
    # 20,000 numbers: the mean of eps ** 2 is 1 with a standard error of 0.01.
    for moved in (a - theta, b - theta):
        assert moved.square().mean().item() == pytest.approx(0.05**2, rel=0.05)
    assert (a - b).square().mean().item() == pytest.approx(2 * 0.05**2, rel=0.05)


def test_perturbation_stays_in_range_and_depends_on_its_index_alone():
    index = torch.tensor([7, 1, 900])
    theta = torch.rand(3, 5, generator=torch.Generator().manual_seed(0))
    together = perturb(knobs(5), theta, 3.0, index, seed=1, view="a")
    assert together.min() == 0 and together.max() == 1
    for row in range(3):
        alone = perturb(knobs(5), theta[row : row + 1], 3.0, index[row : row + 1], seed=1, view="a")
        assert torch.equal(alone[0], together[row])
    assert torch.equal(perturb(knobs(5), theta, 0, index, seed=1, view="a"), theta)
    with pytest.raises(ValueError, match="at least 0"):
        perturb(knobs(5), theta, -0.1, index, seed=1, view="a")


def test_choices_stay():
    space = ParameterSpace([Parameter("a", 0, 1), Parameter("b", 0, 4, "choice"), Parameter("c", 0, 1)])
    theta = torch.full((100, 3), 0.5)
    moved = perturb(space, theta, 0.2, torch.arange(100), seed=0, view="a") != theta
    assert moved.sum(dim=0).tolist() == [100, 0, 100]
