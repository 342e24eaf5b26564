"""Log-mel spectrogram."""

import torch
from torch import Tensor, nn

from doppelganger.encoders.frontends.frontend import FrontEnd
from doppelganger.encoders.frontends.mel import htk_banks

_QUIETEST = 1e-3  # the least peak, -60 dB of full scale
_SHORTEST_FFT = 512


def fft_length(sample_rate: int, frame_s: float = 0.025) -> int:
    """The least power of two that holds a frame, in samples; at least 512.

    Args:
        sample_rate: in Hz.
        frame_s: length of a frame, in seconds.
    """
    return max(_SHORTEST_FFT, 1 << (round(frame_s * sample_rate) - 1).bit_length())


class LogMel(FrontEnd):
    """Log-mel spectrogram; the defaults are VGGish's.

    ``log(mel(|STFT|) + offset)`` on frames that lie wholly inside the sound.

    Args:
        sample_rate: in Hz.
        n_mels: number of mel bands (HTK scale).
        low_hz, high_hz: edges of the lowest and the highest band.
        frame_s, hop_s: length of a frame and the step between two, in seconds.
        n_fft: at least a frame's number of samples; 2048 at 44.1 kHz, say.
        offset: added before the logarithm.
        frame_multiple: frames are cut to a whole multiple of this, so that no backbone pads (a 1 s
            sound has 98 frames, VGGish looks at 96).
        mean, deviation: of the data it is for, see `FrontEnd`; VGGish takes the logarithm as it is.
        normalize_peak: divide every sound by its largest sample first. Sounds below -60 dB of full scale are
            amplified by 60 dB at most, so that silence stays silence and rounding noise does not fill a spectrogram.

    Source: Hershey et al., CNN Architectures for Large-Scale Audio Classification, 2017, section 3.1.
    """

    banks: Tensor
    window: Tensor

    def __init__(
        self,
        sample_rate: int = 16000,
        n_mels: int = 64,
        low_hz: float = 125.0,
        high_hz: float = 7500.0,
        frame_s: float = 0.025,
        hop_s: float = 0.010,
        n_fft: int = 512,
        offset: float = 0.01,
        frame_multiple: int = 32,
        mean: float = 0.0,
        deviation: float = 1.0,
        normalize_peak: bool = False,
    ):
        n_frame, n_hop = round(frame_s * sample_rate), round(hop_s * sample_rate)
        if n_fft < n_frame:
            raise ValueError(
                f"n_fft: expected at least frame_s * sample_rate, {n_frame} samples; got {n_fft}: give the front end "
                f"n_fft: {fft_length(sample_rate, frame_s)}"
            )
        super().__init__(sample_rate, n_frame, n_hop, frame_multiple=frame_multiple, mean=mean, deviation=deviation)
        self.offset = offset
        self.normalize_peak = normalize_peak
        # torch centres a short window in n_fft samples: pad so that the first frame starts at sample 0.
        self.padding = ((n_fft - n_frame) // 2, n_fft - n_frame - (n_fft - n_frame) // 2)
        self.n_fft, self.n_frame, self.n_hop = n_fft, n_frame, n_hop
        banks = htk_banks(n_mels, n_fft, sample_rate, low_hz, high_hz)
        self.register_buffer("banks", banks, persistent=False)
        self.register_buffer("window", torch.hann_window(n_frame), persistent=False)

    def energies(self, waveform: Tensor) -> Tensor:
        if self.normalize_peak:
            waveform = self.normalize(waveform)
        padded = nn.functional.pad(waveform, self.padding)
        stft = torch.stft(padded, self.n_fft, self.n_hop, self.n_frame, self.window, center=False, return_complex=True)
        return ((stft.abs().mT @ self.banks.T).mT + self.offset).log()

    @staticmethod
    def normalize(waveform: Tensor) -> Tensor:
        """Waveforms (batch, n_samples) at a peak of 1, see `normalize_peak`."""
        return waveform / waveform.abs().amax(dim=1, keepdim=True).clamp_min(_QUIETEST)
