"""Front ends: waveform to picture."""

from typing import Any

import torch
import torchaudio
from torch import Tensor, nn


class FrontEnd(nn.Module):
    """Base of all front ends: waveform (batch, n_samples) to picture (batch, 1, n_bands, n_frames).

    A subclass sets `sample_rate` and `arguments`, with which a checkpoint makes it again.
    """

    sample_rate: int
    arguments: dict[str, Any]


class LogMel(FrontEnd):
    """Log-mel spectrogram; the defaults are VGGish's.

    ``log(mel(|STFT|) + offset)`` on frames that lie wholly inside the sound.

    Args:
        sample_rate: in Hz.
        n_mels: number of mel bands (HTK scale).
        low_hz, high_hz: edges of the lowest and the highest band.
        frame_s, hop_s: length of a frame and the step between two, in seconds.
        n_fft: at least a frame's number of samples.
        offset: added before the logarithm.
        frame_multiple: frames are cut to a whole multiple of this, so that no backbone pads (a 1 s
            sound has 98 frames, VGGish looks at 96).

    Source: Hershey et al., CNN Architectures for Large-Scale Audio Classification, 2017, section 3.1.
    """

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
    ):
        arguments = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__()
        if high_hz > sample_rate / 2:
            raise ValueError(f"high_hz must be at most half of sample_rate ({sample_rate / 2:g} Hz); got {high_hz:g}")
        self.arguments = arguments
        self.sample_rate = sample_rate
        self.offset = offset
        self.frame_multiple = frame_multiple
        n_frame = round(frame_s * sample_rate)
        # torch centres a short window in n_fft samples: pad so that the first frame starts at sample 0.
        self.padding = ((n_fft - n_frame) // 2, n_fft - n_frame - (n_fft - n_frame) // 2)
        self.shortest = n_frame + (frame_multiple - 1) * round(hop_s * sample_rate)
        self.mel = torchaudio.transforms.MelSpectrogram(
            sample_rate,
            n_fft=n_fft,
            win_length=n_frame,
            hop_length=round(hop_s * sample_rate),
            f_min=low_hz,
            f_max=high_hz,
            n_mels=n_mels,
            power=1.0,
            center=False,
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveform (batch, n_samples) to picture (batch, 1, n_mels, n_frames), in single precision.

        Raises:
            ValueError: another number of dimensions, or a sound shorter than `frame_multiple` frames.
        """
        if waveform.ndim != 2 or waveform.shape[1] < self.shortest:
            raise ValueError(
                f"expected waveforms (batch, n_samples) of at least {self.shortest} samples "
                f"({self.shortest / self.sample_rate:.3f} s); got {tuple(waveform.shape)}"
            )
        with torch.autocast(waveform.device.type, enabled=False):
            picture = (self.mel(nn.functional.pad(waveform.float(), self.padding)) + self.offset).log()
        n_frames = picture.shape[-1]
        return picture[:, None, :, : n_frames - n_frames % self.frame_multiple]
