"""The device that a command computes on."""

import torch

from synths.command_line.usage import UsageError


def require_device(name: str | None) -> torch.device:
    """The device of --device; None: the CPU.

    Raises:
        UsageError: this machine has no such device.
    """
    try:
        device = torch.device(name or "cpu")
        torch.zeros(1, device=device).item()  # a tensor on "meta" has no values
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"--device {name}: expected a device of this machine, such as cpu ({reason})") from None
    return device
