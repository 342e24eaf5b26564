"""Learn audio representations from sounds that were never recorded."""

from doppelganger.checkpoints import load_encoder
from doppelganger.encoders import AudioEncoder
from doppelganger.encoders.frontends import FrontEnd, LogMel
from doppelganger.streams.pairs import Gaussian, Pairs, PairStream, Perturbation

__all__ = ["AudioEncoder", "FrontEnd", "Gaussian", "LogMel", "PairStream", "Pairs", "Perturbation", "load_encoder"]
