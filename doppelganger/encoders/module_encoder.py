"""ModuleEncoder: any module from waveform to embedding."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from doppelganger.encoders.encoder import Encoder
from synths.files.plain_data import reason
from synths.plugins import Plugins

WINDOW_S = 1.0
ENCODERS = Plugins("encoder", "doppelganger.encoders", dict, base=nn.Module)


class ModuleEncoder(Encoder):
    """A module whose forward takes waveforms (batch, n_samples) and returns embeddings (batch, embedding_dim).

    Args:
        module: has `sample_rate` in Hz; may have `window_s`, the length of the sounds it embeds at once (1 s). It is
            set to evaluation mode, and tried on a window of noise.

    Raises:
        ValueError: no `sample_rate`, or another output.
    """

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module.eval()
        self.sample_rate = int(_number(module, "sample_rate", "the sample rate of its input in Hz"))
        self.window_s = _number(module, "window_s", "the length of a window in s", WINDOW_S)
        noise = torch.rand(2, self.window, generator=torch.Generator().manual_seed(0)) - 0.5
        with torch.no_grad():
            self.embedding_dim = self(noise).shape[1]

    def forward(self, waveform: Tensor) -> Tensor:
        name = type(self.module).__name__
        try:
            output = self.module(waveform)
        except Exception as error:  # foreign code may raise anything
            raise ValueError(
                f"{name} failed on a waveform (batch, n_samples) of {tuple(waveform.shape)}: "
                f"{type(error).__name__}: {reason(error)}"
            ) from error
        expected = f"expected {name} to return one tensor (batch, embedding_dim)"
        if not isinstance(output, Tensor):
            raise ValueError(f"{expected}; it returned a {type(output).__name__}: return its embedding alone")
        if output.ndim == 3 and len(output) == len(waveform):
            raise ValueError(f"{expected}; it returned {tuple(output.shape)}: average over time, as in x.mean(dim=1)")
        if output.ndim != 2 or len(output) != len(waveform):
            raise ValueError(f"{expected}; it returned {tuple(output.shape)} for {len(waveform)} sounds")
        return output

    def untrained(self, seed: int = 0) -> ModuleEncoder:
        raise ValueError(f"expected an encoder with random weights; {type(self.module).__name__} is made with its own")


def is_module(name: str) -> bool:
    """Whether a name is package.module:Class, or one that an installed package declares."""
    return (":" in name and "/" not in name) or name in ENCODERS.installed()


def find_module(name: str) -> Encoder:
    """The encoder of a class at package.module:Class, or of a name that an installed package declares.

    The class is made without arguments; one that derives from `Encoder` is the encoder itself.

    Raises:
        ValueError: no such class, one that cannot be made without arguments, or see `ModuleEncoder`.
    """
    cls = ENCODERS.find(name)
    try:
        module = cls()
    except Exception as error:  # foreign code may raise anything
        raise ValueError(f"{name}: {cls.__name__}() failed: {type(error).__name__}: {reason(error)}") from error
    return module.eval() if isinstance(module, Encoder) else ModuleEncoder(module)


def _number(module: nn.Module, name: str, meaning: str, default: float | None = None) -> float:
    value: Any = getattr(module, name, default)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if not 0 < number < float("inf"):
        got = "has none" if value is None else f"has {value!r}"
        raise ValueError(f"expected {type(module).__name__} to have {name}, {meaning}; it {got}")
    return number
