"""Batch norm over all ranks, on a CPU as on a GPU."""

import torch
from torch import Tensor, nn

from doppelganger.objectives.ranks import all_reduce_sum, all_reduce_with_grad, alone
from doppelganger.recipe import class_path


class CrossRankBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm whose statistics in training are those of all ranks; on one rank it is torch's.

    torch.nn.SyncBatchNorm does the same on a GPU only.

    Source: Ioffe and Szegedy, Batch Normalization, 2015.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"expected (batch, channels, ...); got {tuple(input.shape)}")

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        if not self.training or alone():
            return super().forward(input)
        total = all_reduce_sum(input.new_tensor(input.numel() / input.shape[1], dtype=torch.float32))
        x = input.to(torch.promote_types(input.dtype, torch.float32))
        shape = [1, -1, *[1] * (x.ndim - 2)]
        axes = [0, *range(2, x.ndim)]
        mean = all_reduce_with_grad(x.sum(dim=axes)) / total
        centred = x - mean.view(shape)
        variance = all_reduce_with_grad(centred.square().sum(dim=axes)) / total
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            with torch.no_grad():
                self.num_batches_tracked += 1
                momentum = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
                self.running_mean.lerp_(mean, momentum)
                self.running_var.lerp_(variance * total / (total - 1), momentum)
        y = centred * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            y = y * self.weight.view(shape) + self.bias.view(shape)
        return y.to(input.dtype)


class CrossRankBatchNormAct(CrossRankBatchNorm):
    """The same for timm's BatchNormAct2d, whose dropout and activation follow the norm."""

    drop: nn.Module
    act: nn.Module

    def forward(self, input: Tensor) -> Tensor:
        return self.act(self.drop(super().forward(input)))


def across_ranks(module: nn.Module) -> None:
    """Makes every batch norm in a module one over all ranks; weights and names stay."""
    for child in module.modules():
        if type(child) in (nn.BatchNorm1d, nn.BatchNorm2d):
            child.__class__ = CrossRankBatchNorm
        elif class_path(type(child)) == "timm.layers.norm_act.BatchNormAct2d":  # by name: timm need not be there
            child.__class__ = CrossRankBatchNormAct
