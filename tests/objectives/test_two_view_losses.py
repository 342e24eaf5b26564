"""The losses of two views against loops written from the papers' equations."""

import math

import pytest
import torch

from doppelganger.objectives.losses.alignment_uniformity import AlignmentUniformity
from doppelganger.objectives.losses.nt_xent import NTXent

N, DIM = 6, 5


@pytest.fixture
def views():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(N, DIM, generator=generator), torch.randn(N, DIM, generator=generator)


def unit(x: torch.Tensor) -> list[list[float]]:
    rows = x.double().tolist()
    return [[value / math.sqrt(sum(v * v for v in row)) for value in row] for row in rows]


def squared_distance(x: list[float], y: list[float]) -> float:
    return sum((p - q) ** 2 for p, q in zip(x, y, strict=True))


@pytest.mark.parametrize("alpha, t", [(2.0, 2.0), (1.0, 3.0)])
def test_alignment_uniformity_is_the_papers_equation(views, alpha, t):
    a, b = (unit(view) for view in views)
    alignment = sum(squared_distance(x, y) ** (alpha / 2) for x, y in zip(a, b, strict=True)) / N

    def uniformity(x):
        potentials = [math.exp(-t * squared_distance(x[i], x[j])) for i in range(N) for j in range(i + 1, N)]
        return math.log(sum(potentials) / len(potentials))

    terms = AlignmentUniformity(alpha=alpha, t=t, alignment_weight=0.5, uniformity_weight=2.0)(*views)
    assert terms["alignment"].item() == pytest.approx(alignment, rel=1e-5)
    assert terms["uniformity"].item() == pytest.approx((uniformity(a) + uniformity(b)) / 2, rel=1e-5)
    assert terms["loss"].item() == pytest.approx(0.5 * alignment + uniformity(a) + uniformity(b), rel=1e-5)


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_nt_xent_is_the_papers_algorithm(views, temperature):
    z = [
        row for pair in zip(*(unit(view) for view in views), strict=True) for row in pair
    ]  # partners stand side by side

    def similarity(i, j):
        return sum(p * q for p, q in zip(z[i], z[j], strict=True)) / temperature

    def loss(i, j):
        return -similarity(i, j) + math.log(sum(math.exp(similarity(i, k)) for k in range(2 * N) if k != i))

    expected = sum(loss(2 * k, 2 * k + 1) + loss(2 * k + 1, 2 * k) for k in range(N)) / (2 * N)
    assert NTXent(temperature)(*views)["loss"].item() == pytest.approx(expected, rel=1e-5)


def test_nt_xent_of_identical_orthogonal_views():
    # Orthogonal sounds, identical partners: every stranger has similarity 0, the partner 1.
    views = torch.eye(4), torch.eye(4)
    assert NTXent(1.0)(*views)["loss"].item() == pytest.approx(math.log(math.e + 6) - 1, rel=1e-5)


@pytest.mark.parametrize("objective", [AlignmentUniformity(), NTXent()])
def test_gradients_are_finite_even_for_identical_views(objective):
    a = torch.randn(N, DIM, requires_grad=True)
    objective(a, a)["loss"].backward()
    assert a.grad is not None and a.grad.isfinite().all()


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ValueError, match="temperature: expected a positive number; got 0"):
        NTXent(0)
