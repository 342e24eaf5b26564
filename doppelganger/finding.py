"""Find an encoder by path or name."""

from pathlib import Path

from doppelganger.checkpoints import load_encoder, shipped_encoders
from doppelganger.encoders import AudioEncoder, Encoder
from doppelganger.encoders.audio_encoder import is_backbone
from doppelganger.evaluation.baselines import LogMelStatistics


def find_encoder(name: str) -> Encoder:
    """The encoder that `load_encoder` loads by this name, "log-mel", or a timm model with random weights.

    Raises:
        FileNotFoundError, ValueError: see `load_encoder`.
    """
    if name == "log-mel":
        return LogMelStatistics(16000, 1.0)
    if not Path(name).exists() and name not in shipped_encoders() and "/" not in name:
        try:
            untrained = is_backbone(name)
        except ValueError as error:
            raise FileNotFoundError(f"no checkpoint at {name}, and {error}") from None
        if untrained:
            return AudioEncoder(name, embedding_dim=None).untrained(seed=0).eval()
    return load_encoder(name)
