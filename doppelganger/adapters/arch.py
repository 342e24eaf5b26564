"""ARCH: the model that an evaluator of arch_eval takes.

In a checkout of MorenoLaQuatra/ARCH after `pip install -e .`, with data where its README says:

  from arch_eval import ESC50
  from doppelganger.adapters.arch import ArchModel

  model = ArchModel("exported/", device="cuda", max_length_s=5.0)
  print(ESC50("ESC-50/").evaluate(model, mode="linear", device="cuda", batch_size=32, max_num_epochs=200))

The kit calls the model with one sound at a time, on the CPU, and reads its sizes. Its mode "attention-pooling" needs
the same number of frames for every sound: pass `max_length_s`, listed for every data set in its
configs/data_config.json.

Source: La Quatra et al., Benchmarking Representations for Speech, Music, and Acoustic Events, 2024; ARCH's
CONTRIBUTING.md.
"""

from typing import Any

import torch
from torch import Tensor

from doppelganger.adapters import embed_frames, embed_sounds, encoder_named
from doppelganger.embedding.windows import pad_end


class ArchModel:
    """An encoder with the methods of ARCH's Model, without a dependency on the kit.

    Args:
        path: see `doppelganger.adapters.encoder_named`.
        device: device of the encoder; embeddings are returned on the CPU.
        max_length_s: length to which longer sounds are cut and, for frames, shorter ones padded with zeros; None for
            the sound's own length.
    """

    def __init__(self, path: str = "", device: str | torch.device = "cpu", max_length_s: float | None = None):
        self.model = encoder_named(path).to(device)
        self.device = device
        self.max_length = None if max_length_s is None else round(max_length_s * self.model.sample_rate)

    def get_embeddings(self, audio: Any, **kwargs: Any) -> Tensor:
        """A sound (n_samples,) or (n_channels, n_samples) to its embedding (embedding_dim,)."""
        with torch.no_grad():
            return embed_sounds(self.model, self._mono(audio))[0].cpu()

    def get_sequence_embeddings(self, audio: Any, **kwargs: Any) -> Tensor:
        """A sound to its frames (n_frames, frame_dim)."""
        waveform = self._mono(audio)
        waveform = pad_end(waveform, self.max_length or 0)
        with torch.no_grad():
            return embed_frames(self.model, waveform)[0].cpu()

    def get_token_embeddings(self, audio: Any, frame_length_ms: int = 20, **kwargs: Any) -> Tensor:
        """Same as `get_sequence_embeddings`: the encoder determines the length of a frame."""
        return self.get_sequence_embeddings(audio)

    def get_classification_embedding_size(self) -> int:
        return self.model.embedding_dim

    def get_token_embedding_size(self) -> int:
        return self.model.frame_dim

    def get_sampling_rate(self) -> int:
        return self.model.sample_rate

    def _mono(self, audio: Any) -> Tensor:
        waveform = torch.as_tensor(audio, dtype=torch.float32, device=self.device)
        waveform = waveform.mean(dim=0) if waveform.ndim == 2 else waveform
        return waveform[None, : self.max_length]
