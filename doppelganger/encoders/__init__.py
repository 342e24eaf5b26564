"""Encoders: waveform to embedding."""

from doppelganger.encoders.audio_encoder import AudioEncoder
from doppelganger.encoders.encoder import Encoder

__all__ = ["AudioEncoder", "Encoder"]
