"""Code shared by commands: the device, the folder of results."""

from pathlib import Path

import torch


def require_device(device: str) -> None:
    """Check --device.

    Raises:
        ValueError: this machine has no such device.
    """
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"--device: expected a device of this machine, such as cpu; got {device} ({reason})") from None


def folder_beside(encoder: str) -> Path:
    """Folder for results about an encoder: its own or that of its file; for a timm name, one of that name in runs/."""
    path = Path(encoder)
    if not path.exists():
        return Path("runs") / encoder
    return path if path.is_dir() else path.parent
