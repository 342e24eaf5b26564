"""Code shared by commands: errors that name a flag, the device, the folder of results."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch


@contextmanager
def naming(flag: str, kinds: type[Exception] | tuple[type[Exception], ...] = ValueError) -> Iterator[None]:
    """Turn errors of these kinds into a ValueError that names the flag."""
    try:
        yield
    except kinds as error:
        message = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) and error.strerror else error
        raise ValueError(f"{flag}: {message}") from error


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
