"""Clock: control signals at frame boundaries, audio inside the frames."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Clock:
    """The time grid of one render.

    A control signal has a value at each of the n_frames + 1 frame boundaries: (batch, n_frames + 1),
    double precision. An audio signal is (batch, n_frames, hop), in `dtype`.

    Args:
        sample_rate: in Hz.
        hop: samples per frame.
        n_frames: frames per sound.
        device, dtype: of audio signals.
        bend: pitch wheel, a control signal in semitones by which every oscillator's pitch is moved; None: no bend.
    """

    sample_rate: int
    hop: int
    n_frames: int
    device: torch.device
    dtype: torch.dtype
    bend: Tensor | None = None

    @property
    def frame_s(self) -> float:
        """Length of a frame in seconds."""
        return self.hop / self.sample_rate

    def boundaries_s(self) -> Tensor:
        """Time of every frame boundary in seconds: (n_frames + 1,), double precision."""
        return torch.arange(self.n_frames + 1, device=self.device, dtype=torch.float64) * self.frame_s

    def samples_s(self) -> Tensor:
        """Time of every sample in seconds: (n_frames, hop)."""
        n = torch.arange(self.n_frames * self.hop, device=self.device, dtype=self.dtype)
        return (n / self.sample_rate).unflatten(0, (self.n_frames, self.hop))

    def offsets(self) -> Tensor:
        """Place of every sample inside its frame, from 0 up to but not 1: (hop,)."""
        return torch.arange(self.hop, device=self.device, dtype=self.dtype) / self.hop

    def bent(self, frequency_hz: Tensor) -> Tensor:
        """Frequencies (batch, n_frames + 1) where the pitch wheel moves them to."""
        return frequency_hz if self.bend is None else frequency_hz * torch.exp2(self.bend / 12)

    def constant(self, knob: Tensor) -> Tensor:
        """A value that is the same at every sample: (batch,) -> (batch, 1, 1)."""
        return settled(knob.to(self.dtype))[:, None, None]

    def to_audio(self, control: Tensor) -> Tensor:
        """A control signal drawn as straight lines between frame boundaries.

        Args:
            control: (batch, n_frames + 1).

        Returns:
            (batch, n_frames, hop).
        """
        control = settled(control.to(self.dtype))
        return torch.addcmul(control[:, :-1, None], control.diff(dim=1)[:, :, None], self.offsets())


def group_size(hop: int) -> int:
    """Samples per group for filters: the divisor n of hop with the smallest n + hop / n.

    A frame takes matrices of n by n numbers and hop / n states.
    """
    # A list, since torch.compile cannot see into max.
    return [n for n in range(1, int(hop**0.5) + 1) if hop % n == 0][-1]


def nearest_hop(samples: float) -> int:
    """The hop nearest to a number of samples of at least 1, except hops that split badly into groups.

    A filter costs in proportion to ``n + hop / n`` for groups of n samples: 2 sqrt(hop) at best, and hop + 1 for a
    prime. Hops that cost more than 1.6 times the best are left out: 48 kHz at a control rate of 441 Hz takes a hop
    of 108, not 109.
    """
    below, above = math.floor(samples), math.floor(samples) + 1
    while True:
        if below >= 1 and samples - below <= above - samples:
            hop, below = below, below - 1
        else:
            hop, above = above, above + 1
        n = group_size(hop)
        if n + hop / n <= 1.6 * 2 * hop**0.5:
            return hop


def settled(x: Tensor) -> Tensor:
    """x, written to memory: a compiler would otherwise recompute at every sample what many samples share."""
    return _kept(x) if torch.compiler.is_compiling() else x


@torch.library.custom_op("synths::kept", mutates_args=())
def _kept(x: Tensor) -> Tensor:
    return x.clone()


_kept.register_fake(torch.empty_like)
_kept.register_autograd(lambda _, slope: slope)
