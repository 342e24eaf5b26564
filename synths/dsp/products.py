"""Matrix products in full single precision, whatever precision torch is set to."""

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from synths.compiling.torch_version import TORCH_VERSION

_ONE_SETTING = TORCH_VERSION < (2, 9)  # for all devices


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b`` without rounding the factors to TF32 or bfloat16.

    ``torch.set_float32_matmul_precision("high")`` and its newer forms allow that for the whole process. Where they
    do, this product is computed in double precision: no setting is changed, so threads do not disturb each other.

    Args:
        a: (..., n, k).
        b: (..., k, m), of a's type.

    Returns:
        (..., n, m).
    """
    # A compiler would keep the precision that was set when it compiled.
    return _matmul(a, b) if torch.compiler.is_compiling() else _now(a, b)


def _now(a: Tensor, b: Tensor) -> Tensor:
    if a.dtype == torch.float32 and _is_reduced(a.device):
        return (a.double() @ b.double()).to(a.dtype)
    return a @ b


def _is_reduced(device: torch.device) -> bool:
    if _ONE_SETTING:
        return torch.get_float32_matmul_precision() != "highest"
    backend: Any = torch.backends.cuda if device.type == "cuda" else torch.backends.mkldnn
    return backend.matmul.fp32_precision in ("tf32", "bf16")


@torch.library.custom_op("synths::matmul", mutates_args=())
def _matmul(a: Tensor, b: Tensor) -> Tensor:
    return _now(a, b)


def _keep(ctx, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _slopes(ctx, slope: Tensor) -> tuple[Tensor, Tensor]:
    a, b = ctx.saved_tensors
    return _matmul(slope, b.mT).sum_to_size(a.shape), _matmul(a.mT, slope).sum_to_size(b.shape)


_matmul.register_fake(lambda a, b: a @ b)
_matmul.register_autograd(_slopes, setup_context=_keep)


class FullPrecision(TorchFunctionMode):
    """Makes `torch.matmul` of other people's code the product above, in this thread, inside a with statement."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return (matmul if func is torch.matmul else func)(*args, **(kwargs or {}))
