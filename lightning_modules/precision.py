"""Mixed precision where the processor has it: bf16 is for speed, and an older CPU emulates it many times slower."""

import torch


def runs_on_cpu(accelerator: str) -> bool:
    """Whether a trainer's accelerator, as a config names it, is the CPU."""
    return accelerator == "cpu" or (accelerator == "auto" and not torch.accelerator.is_available())


def cpu_has_bf16() -> bool:
    """Whether matrices of bf16 are multiplied by the CPU's own instructions."""
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
