"""LowPass: a random low-pass."""

from collections.abc import Sequence

from torch import Tensor

from doppelganger.augmentations.cutoff_filter import CutoffFilter


class LowPass(CutoffFilter):
    """Removes what lies above a random cutoff.

    Args:
        cutoff_hz, sample_rate, p, seed: see `CutoffFilter`.

    Source: Cherep and Singh, Audio Doppelgängers, 2025, public code (conf/transform/audiomentations.yaml):
    torch-audiomentations' LowPassFilter from 1200 to 8000 Hz.
    """

    def __init__(
        self, cutoff_hz: Sequence[float] = (1200.0, 8000.0), sample_rate: int = 16000, p: float = 0.5, seed: int = 0
    ):
        super().__init__(cutoff_hz, sample_rate, p, seed)

    def change(self, waveform: Tensor, draws: Tensor, key: Tensor) -> Tensor:
        return self.lowpass(waveform, draws)
