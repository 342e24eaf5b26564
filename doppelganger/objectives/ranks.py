"""What all ranks of a training have."""

import torch
import torch.distributed as dist
from torch import Tensor


def all_gather_with_grad(x: Tensor) -> Tensor:
    """Rows (batch, dim) of every rank in order; alone, x itself.

    Gradient: summed over ranks, each of which has the loss of the whole batch; that of a parameter is then the
    mean over ranks, as DistributedDataParallel takes it.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return x
    from torch.distributed.nn.functional import all_gather  # not there where torch has no distribution

    return torch.cat(all_gather(x.contiguous()))


@torch.no_grad()
def sum_of_ranks(x: Tensor) -> Tensor:
    """The sum of the x of every rank; alone, x itself."""
    if dist.is_available() and dist.is_initialized():
        dist.all_reduce(x := x.clone())
    return x
