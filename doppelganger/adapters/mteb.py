"""MTEB: the model that mteb.evaluate takes, for its tasks on audio.

With the kit's extra for audio, and data that it downloads:

  pip install 'mteb[audio]'

  import mteb
  from doppelganger.adapters.mteb import MtebModel

  model = MtebModel("exported/", device="cuda")
  print(mteb.evaluate(model, mteb.get_tasks(tasks=["ESC50", "GunshotTriangulation"])))

The kit calls `encode` with a DataLoader whose batches hold a list of sounds, each with its own sample rate, and
compares embeddings by `similarity`. It keeps its results under `name` and `revision`, and takes what it finds there in
place of a second evaluation. `mteb.mock_run(model)` checks a model without data.

Source: El Assadi et al., MAEB: Massive Audio Embedding Benchmark, 2026; EncoderProtocol in mteb/models.
"""

from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from torch import Tensor
from torch.nn.functional import normalize

from doppelganger.adapters import embed_sounds, encoder_named
from doppelganger.embedding.identity import identity


class MtebModel:
    """An encoder with the methods of MTEB's EncoderProtocol, without a dependency on the kit.

    Args:
        path: see `doppelganger.adapters.encoder_named`.
        revision: version of the encoder in the results; None for a hash of its settings and weights, so that another
            encoder of the same name does not get its results.
        device: device of the encoder.
        name: name of the model in the results, organization/model; by default doppelganger/ and the name of the path.
    """

    def __init__(
        self,
        path: str = "",
        revision: str | None = None,
        *,
        device: str | torch.device | None = None,
        name: str = "",
        **kwargs: Any,
    ):
        self.device = device or "cpu"
        self.model = encoder_named(path).to(self.device)
        self.name = name or f"doppelganger/{Path(path).name or 'encoder'}"
        self.revision = revision or identity(self.model)

    def encode(self, inputs: Any, **kwargs: Any) -> np.ndarray:
        """Batches of the kit to embeddings, float32 (n_sounds, embedding_dim).

        Raises:
            ValueError: batches without audio.
        """
        inputs.collate_fn = _uncollated
        embeddings = []
        for rows in inputs:
            if "audio" not in rows[0]:
                raise ValueError(f"expected sounds; got {', '.join(rows[0])}: choose tasks on audio alone")
            embeddings += [self._embed(row["audio"]) for row in rows]
        return torch.stack(embeddings).numpy()

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Tensor:
        """Cosine of each embedding with each of others, (n_1, n_2)."""
        return _unit(embeddings1) @ _unit(embeddings2).T

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Tensor:
        """Cosine of each embedding with the one of the same row, (n,)."""
        return (_unit(embeddings1) * _unit(embeddings2)).sum(dim=-1)

    @property
    def mteb_model_meta(self) -> Any:
        """The kit's description of the model."""
        from mteb.models import ModelMeta  # pyright: ignore[reportMissingImports] (the kit)

        n_bytes = sum(weight.numel() * weight.element_size() for weight in self.model.parameters())
        known = {
            "loader": None,
            "name": self.name,
            "revision": self.revision,
            "languages": ["zxx-Zxxx"],
            "n_parameters": sum(weight.numel() for weight in self.model.parameters()),
            "memory_usage_mb": n_bytes / 2**20,
            "embed_dim": self.model.embedding_dim,
            "framework": ["PyTorch"],
            "similarity_fn_name": "cosine",
            "use_instructions": False,
            "modalities": ["audio"],
        }
        return ModelMeta(
            **(dict.fromkeys(name for name, field in ModelMeta.model_fields.items() if field.is_required()) | known)
        )

    @torch.no_grad()
    def _embed(self, sound: Any) -> Tensor:
        waveform = np.asarray(sound["array"], dtype=np.float32)
        waveform = waveform.mean(axis=0) if waveform.ndim == 2 else waveform
        waveform = soxr.resample(waveform, sound["sampling_rate"], self.model.sample_rate)
        return embed_sounds(self.model, torch.from_numpy(waveform)[None].to(self.device))[0].cpu()


def _uncollated(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sounds of any length and rate, which cannot be stacked."""
    return rows


def _unit(embeddings: Any) -> Tensor:
    return normalize(torch.atleast_2d(torch.as_tensor(embeddings)), dim=-1)
