"""The device that a command computes on."""

from argparse import ArgumentParser, ArgumentTypeError

import torch


def add_device(parser: ArgumentParser, what: str) -> None:
    """Add --device.

    Args:
        parser: parser of the command.
        what: what is computed there, such as "encoder".
    """
    parser.add_argument(
        "--device", type=existing_device, default="cpu", help=f"device of the {what}: cpu, cuda, ... (cpu)"
    )


def existing_device(name: str) -> str:
    """Type of an argument that is a device of this machine."""
    try:
        torch.zeros(1, device=name).item()  # a tensor on "meta" has no values
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ArgumentTypeError(f"expected a device of this machine, such as cpu; got {name} ({reason})") from None
    return name
