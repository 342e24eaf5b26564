"""HEAR: the module that heareval and hear-validator import.

  hear-validator doppelganger.adapters.hear --model exported/

  python -m heareval.embeddings.runner doppelganger.adapters.hear --model exported/ --tasks-dir tasks/ \\
    --embeddings-dir embeddings/exported

  python -m heareval.predictions.runner embeddings/exported/doppelganger.adapters.hear/*

The kit names embeddings and scores after the module alone, and does not make again what it finds: give each encoder an
--embeddings-dir of its own, else the second gets the scores of the first.

The kit calls `load_model` with the path after --model, or without one if the environment variable
DOPPELGANGER_ENCODER is set; then `get_scene_embeddings` or `get_timestamp_embeddings` with batches of sounds of one
length, at the model's `sample_rate`, on its device.

Source: Turian et al., HEAR: Holistic Evaluation of Audio Representations, 2022; its common API.
"""

import torch
from torch import Tensor, nn

from doppelganger.adapters import embed_moments, embed_sounds, encoder_named

_HOP_S = 0.050  # the largest hop that the API allows


class Model(nn.Module):
    """An encoder with the attributes of HEAR's API: `sample_rate` and the sizes of both kinds of embedding."""

    def __init__(self, path: str = ""):
        super().__init__()
        self.encoder = encoder_named(path)
        self.sample_rate = self.encoder.sample_rate
        self.scene_embedding_size = self.timestamp_embedding_size = self.encoder.embedding_dim


def load_model(model_file_path: str = "") -> Model:
    """The encoder at a path, in evaluation mode; see `doppelganger.adapters.encoder_named`."""
    return Model(model_file_path).eval()


@torch.no_grad()
def get_scene_embeddings(audio: Tensor, model: Model) -> Tensor:
    """Sounds (n_sounds, n_samples) to one embedding each, (n_sounds, embedding_dim)."""
    return embed_sounds(model.encoder, audio)


@torch.no_grad()
def get_timestamp_embeddings(audio: Tensor, model: Model) -> tuple[Tensor, Tensor]:
    """Sounds to the embeddings of windows centred every 50 ms.

    Args:
        audio: (n_sounds, n_samples).

    Returns:
        embeddings (n_sounds, n_timestamps, embedding_dim) and timestamps in ms, (n_sounds, n_timestamps).
    """
    hop = int(_HOP_S * model.sample_rate)
    embeddings = embed_moments(model.encoder, audio, hop)
    moments = torch.arange(embeddings.shape[1], dtype=torch.float64) * (1000 * hop / model.sample_rate)
    return embeddings, moments.float().to(audio.device).expand(len(audio), -1)
