"""Front ends: waveform to picture, one a file."""

from doppelganger.frontends.frontend import FrontEnd
from doppelganger.frontends.kaldi_fbank import KaldiFbank
from doppelganger.frontends.log_mel import LogMel

__all__ = ["FrontEnd", "KaldiFbank", "LogMel"]
