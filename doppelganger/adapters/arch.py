"""ARCH: the model that an evaluator of arch_eval is given.

In a checkout of MorenoLaQuatra/ARCH after `pip install -e .`, with data where its README says:

  from arch_eval import ESC50
  from doppelganger.adapters.arch import ArchModel

  model = ArchModel("exported/", device="cuda", max_length_s=5.0)
  print(ESC50("ESC-50/").evaluate(model, mode="linear", device="cuda", batch_size=32, max_num_epochs=200))

The kit calls the model with one sound at a time, on the CPU, and asks for its sizes. Its mode "attention-pooling"
wants as many frames of every sound: `max_length_s`, which its configs/data_config.json lists for every data set.

Source: La Quatra et al., Benchmarking Representations for Speech, Music, and Acoustic Events, 2024; ARCH's
CONTRIBUTING.md.
"""

from typing import Any

import torch
from torch import Tensor

from doppelganger.adapters import embed_frames, embed_sounds, encoder_named
from doppelganger.embedding.windows import pad_end


class ArchModel:
    """What ARCH's Model promises, without the kit.

    Args:
        path: see `doppelganger.adapters.encoder_named`.
        device: where the encoder runs; what comes out is on the CPU.
        max_length_s: longer sounds are cut to this, and for frames shorter ones end in zeros; none leaves them.
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
        """A sound to its frames (n_frames, embedding_dim)."""
        waveform = self._mono(audio)
        waveform = pad_end(waveform, self.max_length or 0)
        with torch.no_grad():
            return embed_frames(self.model, waveform)[0].cpu()

    def get_token_embeddings(self, audio: Any, frame_length_ms: int = 20, **kwargs: Any) -> Tensor:
        """The same as `get_sequence_embeddings`: a frame is as long as the encoder makes it."""
        return self.get_sequence_embeddings(audio)

    def get_classification_embedding_size(self) -> int:
        return self.model.embedding_dim

    def get_token_embedding_size(self) -> int:
        return self.model.embedding_dim

    def get_sampling_rate(self) -> int:
        return self.model.sample_rate

    def _mono(self, audio: Any) -> Tensor:
        waveform = torch.as_tensor(audio, dtype=torch.float32, device=self.device)
        waveform = waveform.mean(dim=0) if waveform.ndim == 2 else waveform
        return waveform[None, : self.max_length]
