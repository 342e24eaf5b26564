"""Encoders: waveform to embedding."""

from doppelganger.encoders.audio_encoder import AudioEncoder
from doppelganger.encoders.convolutional_encoder import ConvolutionalEncoder
from doppelganger.encoders.encoder import Encoder, SpectrogramEncoder

__all__ = ["AudioEncoder", "ConvolutionalEncoder", "Encoder", "SpectrogramEncoder"]
