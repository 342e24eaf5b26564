"""What a trainer runs on, a GPU or the CPU, and the precisions in which it trains slowly or wrongly."""

import torch
from pytorch_lightning import Trainer


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


def require_whole_recordings(trainer: Trainer) -> None:
    """Raise if a trainer rounds the batches of its data loaders to half precision.

    Lightning does so before a module gets them. Waveforms then have noise 50 dB below them, which the encoder never
    gets again after the training. Sounds that are rendered on the device are not rounded.

    Raises:
        ValueError: it does.
    """
    if trainer.precision in ("bf16-true", "16-true"):
        raise ValueError(
            f"trainer.precision: expected 32-true, bf16-mixed or 16-mixed for sounds that a data loader reads; got "
            f"{trainer.precision}, in which Lightning rounds them to half precision"
        )
