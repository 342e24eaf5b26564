"""Fixed positions of tokens."""

import torch
from torch import Tensor


def positions(rows: int, columns: int, dim: int, device: torch.device) -> Tensor:
    """Sines and cosines of every position on a grid: (rows * columns, dim), half for the column and half for the row.

    Raises:
        ValueError: `dim` is no multiple of 4.

    Source: github.com/facebookresearch/mae, util/pos_embed.py.
    """
    if dim % 4:
        raise ValueError(f"an embedding with fixed positions needs a multiple of 4 numbers; got {dim}")
    turns = 1 / 10000 ** (torch.arange(dim // 4, device=device, dtype=torch.float64) / (dim // 4))
    row, column = (torch.arange(n, device=device, dtype=torch.float64)[:, None] * turns for n in (rows, columns))
    row, column = (torch.cat([x.sin(), x.cos()], dim=1) for x in (row, column))
    return torch.cat([column.repeat(rows, 1), row.repeat_interleave(columns, dim=0)], dim=1)


def with_positions(x: Tensor) -> Tensor:
    """Tokens in a row plus the sines and cosines of their positions: (batch, n, dim)."""
    return x + positions(1, x.shape[1], x.shape[2], x.device).to(x.dtype)
