"""The base of all front ends."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from doppelganger.recipe import HasRecipe

Self = TypeVar("Self", bound="FrontEnd")


class FrontEnd(nn.Module, HasRecipe, ABC):
    """Base of all front ends: waveform (batch, n_samples) to spectrogram (batch, 1, n_bands, n_frames).

    A subclass implements `energies`.

    Args:
        sample_rate: in Hz.
        n_frame, n_hop: length of a frame and the step between two, in samples.
        frame_multiple: the number of frames is cut to a multiple of this, so that no backbone pads.
        mean, deviation: mean and deviation of the data it is for: a spectrogram is ``(energies - mean) / deviation``.
    """

    def __init__(
        self,
        sample_rate: int,
        n_frame: int,
        n_hop: int,
        *,
        frame_multiple: int,
        mean: float,
        deviation: float,
    ):
        super().__init__()
        if not (isinstance(frame_multiple, int) and frame_multiple > 0):
            raise ValueError(f"frame_multiple: expected a whole number from 1 on; got {frame_multiple!r}")
        if not (n_frame > 0 and n_hop > 0):
            raise ValueError(f"expected a frame and a hop of at least one sample; got {n_frame} and {n_hop}")
        if not deviation > 0:
            raise ValueError(f"deviation: expected a positive number; got {deviation:g}")
        self.sample_rate = sample_rate
        self.hop_s = n_hop / sample_rate
        self.frame_multiple = frame_multiple
        self.mean, self.deviation = mean, deviation
        self.shortest = n_frame + (frame_multiple - 1) * n_hop

    def _apply(self: Self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        # Filters stay in single precision when the encoder is made half: a spectrogram needs it.
        def keep(tensor: Tensor) -> Tensor:
            moved = fn(tensor)
            return tensor.to(moved.device) if moved.dtype != tensor.dtype else moved

        return super()._apply(keep, recurse)

    @property
    def n_bands(self) -> int:
        """Number of bands of a spectrogram."""
        device = next((buffer.device for buffer in self.buffers()), None)
        with torch.no_grad():
            return self(torch.zeros(1, self.shortest, device=device)).shape[2]

    @abstractmethod
    def energies(self, waveform: Tensor) -> Tensor:
        """Logarithms of energies of bands: waveform (batch, n_samples) to (batch, n_bands, n_frames)."""

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveform (batch, n_samples) to spectrogram (batch, 1, n_bands, n_frames), in single precision.

        Raises:
            ValueError: another number of dimensions, a sound shorter than `frame_multiple` frames, or samples that are
                whole numbers, whose full scale is not 1.
        """
        if waveform.ndim != 2:
            one = ": add the axis of the batch, x[None]" if waveform.ndim == 1 else ""
            raise ValueError(f"expected waveforms (batch, n_samples); got {tuple(waveform.shape)}{one}")
        if waveform.shape[1] < self.shortest:
            raise ValueError(
                f"expected waveforms (batch, n_samples) of at least {self.shortest} samples "
                f"({self.shortest / self.sample_rate:.3f} s); got {tuple(waveform.shape)}"
            )
        if not waveform.is_floating_point():
            raise ValueError(
                f"expected waveforms of floating-point numbers in [-1, 1]; got {waveform.dtype}: divide by full scale, "
                "x / 32768 for 16 bits"
            )
        if waveform.shape[0] == 0:  # some Fourier transforms refuse it
            return self(waveform.new_zeros(1, waveform.shape[1]))[:0]
        with torch.autocast(waveform.device.type, enabled=False):
            spectrogram = (self.energies(waveform.float()) - self.mean) / self.deviation
        n_frames = spectrogram.shape[-1]
        return spectrogram[:, None, :, : n_frames - n_frames % self.frame_multiple]
