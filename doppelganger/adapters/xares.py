"""X-ARES: the file to pass to xares.run, which instantiates the one class whose name ends in Encoder.

  git clone https://github.com/jimbozhang/xares && cd xares && pip install -e .
  DOPPELGANGER_ENCODER=exported/ python -m xares.run --max-jobs 0 doppelganger/adapters/xares.py src/tasks/*.py

The kit turns the path into `doppelganger.adapters.xares` and imports that module from the installed package.
It calls the encoder with batches of sounds (batch, n_samples) padded with zeros to the longest. It keeps embeddings,
trained probes and scores by the name of the class alone: before evaluating another encoder, delete both
env/*/embeddings/DoppelgangerEncoder and env/*/checkpoints/DoppelgangerEncoder, else it gets the scores of the first.

Source: Zhang et al., X-ARES: A Comprehensive Framework for Assessing Audio Encoder Performance, 2025; its README.
"""

import torch
from torch import Tensor, nn

from doppelganger.adapters import embed_frames, encoder_named, frames_per_window


class DoppelgangerEncoder(nn.Module):
    """Sounds (batch, n_samples), or one sound (n_samples,), to frames (batch, n_frames, output_dim).

    `sampling_rate` is in Hz; `hop_size_in_ms` is the time from one frame to the next.
    """

    def __init__(self):
        super().__init__()
        self.encoder = encoder_named()
        self.sampling_rate = self.encoder.sample_rate
        self.output_dim = self.encoder.frame_dim
        window_ms = 1000 * self.encoder.window / self.encoder.sample_rate
        self.hop_size_in_ms = window_ms / frames_per_window(self.encoder)
        self.eval()

    @torch.no_grad()
    def forward(self, audio: Tensor) -> Tensor:
        return embed_frames(self.encoder, audio[None] if audio.ndim == 1 else audio)
