"""Kaldi's log-mel filter banks, the front end of AudioMAE."""

import torch
from torch import Tensor

from doppelganger.encoders.frontends.frontend import FrontEnd
from doppelganger.encoders.frontends.mel import kaldi_banks

_PREEMPHASIS = 0.97


class KaldiFbank(FrontEnd):
    """Kaldi's log-mel filter banks, for a whole batch; the defaults are AudioMAE's.

    Frames lie wholly inside the sound; each loses its mean, is emphasised (x[n] - 0.97 x[n - 1]) and multiplied
    by a Hann window.

    Args:
        sample_rate: in Hz.
        n_mels: number of mel bands.
        low_hz, high_hz: edges of the lowest and the highest band; 0 is half of sample_rate.
        frame_s, hop_s: length of a frame and the step between two, in seconds.
        frame_multiple: frames are cut to a whole multiple of this.
        mean, deviation: of the data it is for, see `FrontEnd`. AudioMAE divides by twice AudioSet's.

    Source: Povey et al., The Kaldi Speech Recognition Toolkit, 2011, `compute-fbank-feats`; the numbers from
    Huang et al., Masked Autoencoders that Listen, 2022, section 4.1 and public code.
    """

    banks: Tensor
    window: Tensor

    def __init__(
        self,
        sample_rate: int = 16000,
        n_mels: int = 128,
        low_hz: float = 20.0,
        high_hz: float = 0.0,
        frame_s: float = 0.025,
        hop_s: float = 0.010,
        frame_multiple: int = 16,
        mean: float = -4.2677393,
        deviation: float = 2 * 4.5689974,
    ):
        n_frame, n_hop = round(frame_s * sample_rate), round(hop_s * sample_rate)
        super().__init__(sample_rate, n_frame, n_hop, frame_multiple=frame_multiple, mean=mean, deviation=deviation)
        self.n_frame, self.n_hop = n_frame, n_hop
        self.n_fft = 1 << (n_frame - 1).bit_length()
        banks = kaldi_banks(n_mels, self.n_fft, sample_rate, low_hz, high_hz or sample_rate / 2)
        self.register_buffer("banks", banks, persistent=False)
        self.register_buffer("window", torch.hann_window(n_frame, periodic=False), persistent=False)

    def energies(self, waveform: Tensor) -> Tensor:
        frames = waveform.unfold(1, self.n_frame, self.n_hop)
        frames = frames - frames.mean(dim=2, keepdim=True)
        before = torch.cat([frames[:, :, :1], frames[:, :, :-1]], dim=2)
        power = torch.fft.rfft((frames - _PREEMPHASIS * before) * self.window, self.n_fft).abs().square()
        return (self.banks @ power.mT).clamp_min(torch.finfo(torch.float32).eps).log()
