"""A transform of torchaudio as a front end."""

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from doppelganger.encoders.frontends.frontend import FrontEnd

_MODULE = "torchaudio.transforms"


class TorchaudioTransform(FrontEnd):
    """A transform of torchaudio from waveform to spectrogram, such as MFCC, LFCC, Spectrogram or MelSpectrogram.

    Args:
        transform: class path, such as "torchaudio.transforms.MFCC".
        options: arguments of the transform in plain data; `sample_rate` is passed on where it has one.
        sample_rate: in Hz.
        log_offset: the front end is ``log(transform + log_offset)``; None leaves the transform as it is, as for
            MFCC, which takes the logarithm itself.
        frame_multiple, mean, deviation: see `FrontEnd`.

    Raises:
        ValueError: torchaudio is not installed, it has no such transform, the options do not fit, or the transform
            makes no real spectrogram.
    """

    def __init__(
        self,
        transform: str,
        options: Mapping[str, Any] | None = None,
        sample_rate: int = 16000,
        log_offset: float | None = None,
        frame_multiple: int = 1,
        mean: float = 0.0,
        deviation: float = 1.0,
    ):
        cls = _transform_at(transform)
        arguments = dict(options or {})
        if "sample_rate" in inspect.signature(cls).parameters:
            arguments["sample_rate"] = sample_rate
        try:
            made = cls(**arguments)
        except (TypeError, ValueError) as error:
            raise ValueError(f"options: {transform} cannot be made from {arguments}: {error}") from None
        # MFCC keeps the sizes of its frames in a transform inside it.
        sizes = (m for m in made.modules() if hasattr(m, "n_fft") and hasattr(m, "hop_length"))
        n_frame, n_hop = next(((int(m.n_fft), int(m.hop_length)) for m in sizes), (0, 0))  # pyright: ignore[reportArgumentType]
        if not (n_frame and _makes_spectrograms(made, n_frame)):
            raise ValueError(f"transform: expected one from waveform to real spectrogram; got {transform}")
        super().__init__(sample_rate, n_frame, n_hop, frame_multiple=frame_multiple, mean=mean, deviation=deviation)
        self.transform = made
        self.log_offset = log_offset

    def energies(self, waveform: Tensor) -> Tensor:
        # MFCC clips 80 dB below the maximum over all axes but the first: with an axis of channels, that of one sound.
        made = self.transform(waveform[:, None])[:, 0]
        return made if self.log_offset is None else (made + self.log_offset).log()


def _transform_at(path: str) -> type[nn.Module]:
    # No other module: the path may come from a stranger's checkpoint.
    module, _, name = path.rpartition(".")
    if module != _MODULE:
        raise ValueError(f"transform: expected a class path in {_MODULE}; got {path!r}")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise ValueError(f"{path} needs {error.name}: pip install torchaudio") from None
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise ValueError(f"transform: {_MODULE} has no {name!r}")
    return found


def _makes_spectrograms(transform: nn.Module, n_samples: int) -> bool:
    try:
        made = transform(torch.zeros(1, 1, n_samples))
    except (RuntimeError, ValueError, IndexError):
        return False
    return made.ndim == 4 and made.is_floating_point()
