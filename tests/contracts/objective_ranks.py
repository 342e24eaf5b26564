"""Losses, gradients and buffers of every objective on 1, 2 and 4 ranks.

python -m tests.contracts.objective_ranks FOLDER
"""

import os
import sys
from functools import partial
from pathlib import Path

import torch
import torch.distributed as dist

from doppelganger.objectives.batch_norm import across_ranks
from doppelganger.objectives.ranks import all_gather_with_grad
from tests.contracts.objective_cases import CASES, Case
from tests.forked import in_ranks

N_RANKS = (1, 2, 4)
N_ITEMS = 8


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)  # in float32 a rounding may turn a max pool, and gradients by 1e-3
    for n_ranks in N_RANKS:
        in_ranks(n_ranks, partial(_write, folder, n_ranks))


def _write(folder: Path, n_ranks: int) -> None:
    rank = int(os.environ["LOCAL_RANK"])
    if n_ranks > 1:
        dist.init_process_group("gloo", rank=rank, world_size=n_ranks)
    results = {case.name: _step(case, rank, n_ranks) for case in CASES}
    results["transposed"] = {"gradient": _transposed(rank, n_ranks)}
    torch.save(results, folder / f"{rank}-of-{n_ranks}.pt")


def _step(case: Case, rank: int, n_ranks: int) -> dict[str, torch.Tensor]:
    """The loss, averaged over ranks, and gradients, averaged as DistributedDataParallel does; and all buffers."""
    objective = case.objective()
    if n_ranks > 1:
        across_ranks(objective)
    index = torch.arange(N_ITEMS).chunk(n_ranks)[rank]
    loss = objective.train()(case.stream()(index))["loss"]
    loss.backward()
    gradients = {f"gradient of {name}": p.grad for name, p in objective.named_parameters() if p.requires_grad}
    found = {"loss": loss.detach(), **gradients}
    if n_ranks > 1:
        flat = torch.cat([value.flatten() for value in found.values()])
        dist.all_reduce(flat)
        parts = (flat / n_ranks).split([value.numel() for value in found.values()])
        found = {name: part.view_as(value) for (name, value), part in zip(found.items(), parts, strict=True)}
    return found | {name: buffer.clone() for name, buffer in objective.named_buffers()}


def _transposed(rank: int, n_ranks: int) -> torch.Tensor:
    """This rank's gradient of ``sum weight * gathered``, which is the weight; it lies in memory column by column."""
    x = torch.ones(N_ITEMS, 3).chunk(n_ranks)[rank].clone().requires_grad_()
    weight = torch.arange(3.0 * N_ITEMS).view(N_ITEMS, 3)
    (all_gather_with_grad(x).T * weight.T.contiguous()).sum().backward()
    assert x.grad is not None
    return x.grad / n_ranks  # the ranks' losses are equal, and a gradient is their sum


if __name__ == "__main__":
    main(Path(sys.argv[1]))
