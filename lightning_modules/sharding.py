"""Fully sharded training: each device holds a part of the weights, of their gradients and of the optimizer's state."""

from typing import Any

from pytorch_lightning import LightningModule
from pytorch_lightning.strategies import ModelParallelStrategy
from torch import nn

from doppelganger.encoders import Encoder


class FullySharded(ModelParallelStrategy):
    """FSDP2 over all devices, for encoders whose training does not fit on one.

    Each layer of a `nn.Sequential` or `nn.ModuleList` that is large enough is gathered when it is computed, and freed
    after it; all other weights are gathered once a step. Checkpoints hold whole weights, as those of other strategies.

    Args:
        min_weights: least number of weights of a layer that is gathered by itself.

    Source: Zhao et al., PyTorch FSDP: Experiences on Scaling Fully Sharded Data Parallel, 2023; as
    torch.distributed.fsdp.fully_shard has it.
    """

    def __init__(self, min_weights: int = 1_000_000):
        super().__init__(tensor_parallel_size=1, save_distributed_checkpoint=False)
        self.min_weights = min_weights

    def setup_environment(self) -> None:
        self._data_parallel_size = self.num_nodes * self.num_processes
        super().setup_environment()

    def load_checkpoint(self, checkpoint_path: Any, weights_only: bool | None = None) -> dict[str, Any]:
        """Loads the weights and the optimizer's state of any strategy's checkpoint; returns what else is in it."""
        from torch.distributed.checkpoint import state_dict

        checkpoint = self.checkpoint_io.load_checkpoint(self.broadcast(checkpoint_path), weights_only=weights_only)
        assert self.model is not None
        options = state_dict.StateDictOptions(full_state_dict=True)
        state_dict.set_model_state_dict(self.model, checkpoint.pop("state_dict"), options=options)
        names = {parameter: name for name, parameter in self.model.named_parameters()}
        for optimizer, saved in zip(self.optimizers, checkpoint["optimizer_states"], strict=True):
            # Lightning takes the numbers of parameters for their order in the module; it is that in the groups.
            named = [names[parameter] for group in optimizer.param_groups for parameter in group["params"]]
            numbers = [number for group in saved["param_groups"] for number in group["params"]]
            name_of = dict(zip(numbers, named, strict=True))
            groups = [{**g, "params": [name_of[number] for number in g["params"]]} for g in saved["param_groups"]]
            state = {name_of[number]: value for number, value in saved["state"].items()}
            renamed = {"state": state, "param_groups": groups}
            state_dict.set_optimizer_state_dict(self.model, optimizer, renamed, options=options)
        return checkpoint

    def shard(self, module: LightningModule) -> None:
        """Shards a module's weights in place."""
        from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method

        if isinstance(module, FSDPModule):
            return  # a test after training
        mesh = self.device_mesh["data_parallel"]
        for parent in reversed(list(module.modules())):  # inner layers first
            if isinstance(parent, (nn.Sequential, nn.ModuleList)):
                for layer in parent:
                    if sum(p.numel() for p in layer.parameters()) >= self.min_weights:
                        fully_shard(layer, mesh=mesh)
        fully_shard(module, mesh=mesh)
        for name in ("training_step", "validation_step", "test_step", "predict_step"):
            register_fsdp_forward_method(module, name)

    def gathered(self, encoder: Encoder) -> Encoder:
        """A copy of an encoder with whole weights, in evaluation mode; all devices call this, and each gets one."""
        from torch.distributed.checkpoint import state_dict

        options = state_dict.StateDictOptions(full_state_dict=True)
        copy = encoder.untrained()
        copy.load_state_dict(state_dict.get_model_state_dict(encoder, options=options))
        return copy.to(self.root_device).eval()
