"""Alignment of partners and uniformity of all embeddings on the sphere."""

import torch
from torch import Tensor, nn

from doppelganger.recipe import HasRecipe


class AlignmentUniformity(nn.Module, HasRecipe):
    """``alignment_weight * mean |a - b|^alpha + uniformity_weight * log mean exp(-t |x - y|^2)``.

    The uniformity of each view is over its own distinct items, averaged over the two views.

    Args:
        alpha: exponent of the distance between partners.
        t: exponent scale of the uniformity; a larger one repels near neighbours more.
        alignment_weight, uniformity_weight: weights of the two terms.

    Source: Wang and Isola, Understanding Contrastive Representation Learning through Alignment and
    Uniformity on the Hypersphere, ICML 2020, section 4.

    Example:
        >>> loss = AlignmentUniformity()(torch.randn(8, 16), torch.randn(8, 16))["loss"]
    """

    def __init__(
        self, alpha: float = 2.0, t: float = 2.0, alignment_weight: float = 1.0, uniformity_weight: float = 1.0
    ):
        super().__init__()
        self.alpha = alpha
        self.t = t
        self.alignment_weight = alignment_weight
        self.uniformity_weight = uniformity_weight

    def forward(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        """Embeddings (batch, dim) of the two views to "loss", "alignment" and "uniformity"."""
        a, b = nn.functional.normalize(a.float()), nn.functional.normalize(b.float())
        alignment = (a - b).norm(dim=1).pow(self.alpha).mean()
        uniformity = (self._uniformity(a) + self._uniformity(b)) / 2
        loss = self.alignment_weight * alignment + self.uniformity_weight * uniformity
        return {"loss": loss, "alignment": alignment, "uniformity": uniformity}

    def _uniformity(self, x: Tensor) -> Tensor:
        return torch.pdist(x).pow(2).mul(-self.t).exp().mean().log()
