"""The layers between an embedding and a loss of two views."""

from collections.abc import Sequence

from torch import nn


def projection_head(input_dim: int, dims: Sequence[int]) -> nn.Module:
    """The layers between embedding and loss: linear, with batch norm and ReLU between them; none for no dims.

    Source: Chen et al., A Simple Framework for Contrastive Learning of Visual Representations, 2020, section 4.2.
    """
    layers: list[nn.Module] = []
    for n_in, n_out in zip([input_dim, *dims], dims, strict=False):
        layers += [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-2])
