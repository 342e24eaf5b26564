"""Batches of all ranks: the only place that gathers.

With N items on each of R ranks, loss and gradients equal those of one process with R * N items, because
DistributedDataParallel takes the mean of the ranks' gradients: either every rank has the loss of all items
(`all_gather_with_grad`), or each has the loss of its own, and their mean is that of all (`mean_over_ranks`).
"""

from collections.abc import Mapping

import torch
import torch.distributed as dist
from torch import Tensor


def alone() -> bool:
    """Whether this process trains without others."""
    return not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1


def all_gather_with_grad(x: Tensor) -> Tensor:
    """Rows (batch, dim) of every rank in order, (n_ranks * batch, dim); on one rank x itself.

    Gradient: summed over ranks.
    """
    if alone():
        return x
    from torch.distributed.nn.functional import all_gather  # missing where torch is built without distribution

    gathered = torch.cat(all_gather(x.contiguous()))
    if gathered.requires_grad:
        # torch gathers gradients as they lie in memory: those of an einsum, transposed, would reach other numbers.
        gathered.register_hook(Tensor.contiguous)
    return gathered


def all_reduce_with_grad(x: Tensor) -> Tensor:
    """The sum of the x of every rank; on one rank x itself.

    Gradient: summed over ranks.
    """
    if alone():
        return x
    from torch.distributed.nn.functional import all_reduce

    return all_reduce(x.contiguous())


@torch.no_grad()
def all_reduce_sum(x: Tensor) -> Tensor:
    """The sum of the x of every rank, without gradient; on one rank x itself."""
    if not alone():
        dist.all_reduce(x := x.clone())
    return x


@torch.no_grad()
def averaged(terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The mean over ranks of each of several scalars, in one reduction, without gradient; on one rank as they are."""
    if alone():
        return dict(terms)
    device = next(value.device for value in terms.values() if isinstance(value, Tensor))
    values = [torch.as_tensor(value, dtype=torch.float32, device=device).reshape(()) for value in terms.values()]
    means = all_reduce_sum(torch.stack(values)) / dist.get_world_size()
    return dict(zip(terms, means.unbind(), strict=True))


def mean_over_ranks(total: Tensor, count: Tensor) -> Tensor:
    """``total / count``, scaled so that its mean over ranks is the sum of totals over the sum of counts.

    Args:
        total: sum of the losses of this rank's terms, a scalar.
        count: number of these terms; 0 everywhere gives 0.
    """
    if alone():
        return total / count.clamp_min(1)
    return dist.get_world_size() * total / all_reduce_sum(count.to(total.dtype)).clamp_min(1)
