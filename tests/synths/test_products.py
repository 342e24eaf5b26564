"""Matrix products against double precision, under every setting that lets torch round factors."""

import threading

import pytest
import torch

import synths
from synths.dsp import products


@pytest.fixture(params=["ieee", "tf32", "bf16"])
def precision(request):
    torch.backends.mkldnn.matmul.fp32_precision = request.param
    yield request.param
    torch.backends.mkldnn.matmul.fp32_precision = "none"


def factors(*shapes):
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(shape, generator=generator) * 2 - 1 for shape in shapes]


@pytest.mark.parametrize("shapes", [((5, 70), (70, 9)), ((2, 5, 70), (2, 70, 9)), ((3, 3), (2, 4, 3, 3))])
@pytest.mark.parametrize("compiled", [False, True])
def test_product_keeps_single_precision(precision, shapes, compiled):
    a, b = (x.requires_grad_() for x in factors(*shapes))
    make = torch.compile(products.matmul, backend="aot_eager", fullgraph=True) if compiled else products.matmul
    exact_a, exact_b = (x.detach().double().requires_grad_() for x in (a, b))
    exact = exact_a @ exact_b
    product = make(a, b)
    torch.testing.assert_close(product.double(), exact, rtol=0, atol=1e-5)
    ours, theirs = torch.autograd.grad(product.sum(), (a, b)), torch.autograd.grad(exact.sum(), (exact_a, exact_b))
    for slope, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(slope.double(), expected, rtol=0, atol=1e-4)


def test_reduced_precision_goes_through_double(precision):
    a, b = factors((5, 70), (70, 9))
    in_double = (a.double() @ b.double()).float()
    assert torch.equal(products.matmul(a, b), in_double if precision != "ieee" else a @ b)


def test_double_precision_stays_double(precision):
    a, b = (x.double() for x in factors((5, 70), (70, 9)))
    assert torch.equal(products.matmul(a, b), a @ b)


def test_threads_leave_the_setting_alone():
    modal = synths.Modal(seconds=0.1)
    expected = modal.play(torch.arange(4))
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        sounds = {}
        threads = [
            threading.Thread(target=lambda i=i: sounds.update({i: modal.play(torch.arange(4))})) for i in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision(before)
    assert len(sounds) == 6
    for sound in sounds.values():
        torch.testing.assert_close(sound, expected, rtol=0, atol=1e-5)
