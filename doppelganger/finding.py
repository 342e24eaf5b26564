"""Find the encoder, and the device, that a command line names."""

from pathlib import Path

import timm
import torch

from doppelganger.checkpoints import load_encoder
from doppelganger.encoders import AudioEncoder, Encoder
from doppelganger.evaluation.baselines import LogMelStatistics


def find_encoder(name: str) -> Encoder:
    """The encoder at a path, or named: log-mel, or a timm model with random weights.

    Raises:
        FileNotFoundError, ValueError: see `load_encoder`.
    """
    if name == "log-mel":
        return LogMelStatistics(16000, 1.0)
    if not Path(name).exists() and timm.is_model(name):
        return AudioEncoder(name, embedding_dim=None).untrained(seed=0).eval()
    return load_encoder(name)


def folder_beside(name: str) -> Path:
    """Where findings about an encoder go: the folder that it is or lies in; for a mere name, one of that name."""
    path = Path(name)
    if not path.exists():
        return Path("runs") / name
    return path if path.is_dir() else path.parent


def require_device(device: str) -> None:
    """Says so if this machine has no such device.

    Raises:
        ValueError: it has not.
    """
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"expected a device of this machine, such as cpu; got {device} ({reason})") from None
