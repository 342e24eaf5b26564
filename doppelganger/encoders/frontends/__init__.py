"""Front ends: waveform to spectrogram, one a file."""

from doppelganger.encoders.frontends.frontend import FrontEnd
from doppelganger.encoders.frontends.kaldi_fbank import KaldiFbank
from doppelganger.encoders.frontends.log_mel import LogMel
from doppelganger.encoders.frontends.standardized import Standardized
from doppelganger.encoders.frontends.torchaudio_transform import TorchaudioTransform

__all__ = ["FrontEnd", "KaldiFbank", "LogMel", "Standardized", "TorchaudioTransform"]
