"""HighPass: a random high-pass."""

from collections.abc import Sequence

from torch import Tensor

from doppelganger.augmentations.cutoff_filter import CutoffFilter


class HighPass(CutoffFilter):
    """Removes what lies below a random cutoff: the waveform less its low-pass.

    Args:
        cutoff_hz, sample_rate, p, seed: see `CutoffFilter`.

    Source: Cherep and Singh, Audio Doppelgängers, 2025, public code (conf/transform/audiomentations.yaml):
    torch-audiomentations' HighPassFilter from 20 to 800 Hz.
    """

    def __init__(
        self, cutoff_hz: Sequence[float] = (20.0, 800.0), sample_rate: int = 16000, p: float = 0.5, seed: int = 0
    ):
        super().__init__(cutoff_hz, sample_rate, p, seed)

    def change(self, waveform: Tensor, draws: Tensor, key: Tensor) -> Tensor:
        return waveform - self.lowpass(waveform, draws)
