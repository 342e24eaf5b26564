"""The decoder of masked objectives."""

import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from doppelganger.encoders.positions import positions
from doppelganger.encoders.vit import initialize
from doppelganger.objectives.masked import take


class PatchDecoder(nn.Module):
    """A transformer over all patches: latents at the visible ones, a learned mask token at the masked ones.

    Args:
        input_dim: size of a latent.
        output_dim: size of the prediction of a patch.
        dim, depth, n_heads: width, depth and heads of the transformer.

    Source: He et al., Masked Autoencoders Are Scalable Vision Learners, 2022, section 3; weights initialised as in its
    public code, models_mae.py.
    """

    def __init__(self, input_dim: int, output_dim: int, dim: int = 512, depth: int = 8, n_heads: int = 16):
        super().__init__()
        self.embed = nn.Linear(input_dim, dim)
        self.mask_token = nn.Parameter(torch.empty(dim))
        self.blocks = nn.Sequential(*(Block(dim, n_heads, qkv_bias=True) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, output_dim)
        nn.init.normal_(self.mask_token, std=0.02)
        self.apply(initialize)

    def forward(self, latent: Tensor, visible: Tensor, masked: Tensor, grid: tuple[int, int]) -> Tensor:
        """Predictions of the masked patches.

        Args:
            latent: (batch, 1 + n_visible, input_dim), a class token first.
            visible, masked: int64 (batch, n_visible) and (batch, n_masked), numbers of patches.
            grid: rows and columns of patches.

        Returns:
            (batch, n_masked, output_dim).
        """
        first, tokens_visible = self.embed(latent).split([1, visible.shape[1]], dim=1)
        rows, columns = grid
        tokens = self.mask_token.to(latent.dtype).expand(len(latent), rows * columns, -1)
        tokens = tokens.to(tokens_visible.dtype).scatter(
            1, visible[:, :, None].expand_as(tokens_visible), tokens_visible
        )
        tokens = tokens + positions(rows, columns, tokens.shape[2], tokens.device).to(tokens.dtype)
        decoded = self.norm(self.blocks(torch.cat([first, tokens], dim=1)))[:, 1:]
        return self.head(take(decoded, masked))
