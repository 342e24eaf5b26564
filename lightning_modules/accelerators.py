"""What a trainer runs on: a GPU or the CPU, which may lack bf16 and emulate it many times slower."""

import torch


def runs_on_cpu(accelerator: str) -> bool:
    """Whether a trainer's accelerator, as a config names it, is the CPU."""
    return accelerator == "cpu" or (accelerator == "auto" and not torch.accelerator.is_available())


def require_accelerator(accelerator: str) -> None:
    """Raise if a trainer is to use a GPU where torch sees none.

    Raises:
        ValueError: it is.
    """
    if accelerator in ("gpu", "cuda", "mps") and not torch.accelerator.is_available():
        raise ValueError(
            f"--trainer.accelerator: expected auto or cpu, since torch sees no GPU here; got {accelerator}. If there "
            "is one, `python -c 'import torch; print(torch.version.cuda)'` says whether torch was built for it"
        )


def cpu_has_bf16() -> bool:
    """Whether matrices of bf16 are multiplied by the CPU's own instructions."""
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
