"""Decoder: what was hidden, from what was seen."""

import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from doppelganger.encoders.vit import positions
from doppelganger.objectives.masked import take


class PatchDecoder(nn.Module):
    """A transformer over all places: latents where a patch was seen, one mask token wherever none was.

    Args:
        input_dim: of a latent.
        output_dim: of what is said of each hidden patch.
        dim, depth, n_heads: of the transformer.

    Source: He et al., Masked Autoencoders Are Scalable Vision Learners, 2022, section 3.
    """

    def __init__(self, input_dim: int, output_dim: int, dim: int = 512, depth: int = 8, n_heads: int = 16):
        super().__init__()
        self.embed = nn.Linear(input_dim, dim)
        self.mask_token = nn.Parameter(0.02 * torch.randn(dim))
        self.blocks = nn.Sequential(*(Block(dim, n_heads, qkv_bias=True) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, output_dim)

    def forward(self, latent: Tensor, visible: Tensor, hidden: Tensor, grid: tuple[int, int]) -> Tensor:
        """Says something of each hidden patch.

        Args:
            latent: (batch, 1 + n_visible, input_dim), a class token first.
            visible, hidden: int64 (batch, n_visible) and (batch, n_hidden), numbers of patches.
            grid: rows and columns of patches.

        Returns:
            (batch, n_hidden, output_dim).
        """
        first, seen = self.embed(latent).split([1, visible.shape[1]], dim=1)
        rows, columns = grid
        tokens = self.mask_token.to(seen.dtype).expand(len(seen), rows * columns, -1)
        tokens = tokens.scatter(1, visible[:, :, None].expand_as(seen), seen)
        tokens = tokens + positions(rows, columns, tokens.shape[2], tokens.device).to(tokens.dtype)
        decoded = self.norm(self.blocks(torch.cat([first, tokens], dim=1)))[:, 1:]
        return self.head(take(decoded, hidden))
