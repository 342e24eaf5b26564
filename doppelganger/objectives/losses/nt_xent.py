"""NT-Xent: cross entropy of a sound's partner among all other sounds of the batch."""

import torch
from torch import Tensor, nn

from doppelganger.recipe import HasRecipe


class NTXent(nn.Module, HasRecipe):
    """Cross entropy of finding a sound's partner among all other sounds, by cosine similarity.

    ``-log(exp(cos(x, partner) / temperature) / sum_{y != x} exp(cos(x, y) / temperature))``, averaged
    over both views.

    Args:
        temperature: divisor of similarities; a lower one weights the nearest negatives more.

    Source: Chen et al., A Simple Framework for Contrastive Learning of Visual Representations, 2020, equation 1.

    Example:
        >>> loss = NTXent(temperature=0.1)(torch.randn(8, 16), torch.randn(8, 16))["loss"]
    """

    def __init__(self, temperature: float = 0.1):
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"temperature: expected a positive number; got {temperature}")
        self.temperature = temperature

    def forward(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        """Embeddings (batch, dim) of the two views to "loss"."""
        x = nn.functional.normalize(torch.cat([a, b]).float())
        with torch.autocast(x.device.type, enabled=False):  # half precision would round what the temperature enlarges
            similarity = x @ x.T / self.temperature
        similarity = similarity.masked_fill(torch.eye(len(x), dtype=torch.bool, device=x.device), float("-inf"))
        partner = torch.arange(len(x), device=x.device).roll(len(a))
        return {"loss": nn.functional.cross_entropy(similarity, partner)}
