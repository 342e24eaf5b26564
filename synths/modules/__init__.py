"""Modules: knobs on the functions of `synths.dsp`, to be wired into voices."""

from synths.modules.adsr import ADSR
from synths.modules.keyboard import Keyboard
from synths.modules.lfo import LFO
from synths.modules.mixer import Mixer
from synths.modules.modulation_matrix import ModulationMatrix
from synths.modules.module import Module
from synths.modules.noise import Noise
from synths.modules.vca import VCA
from synths.modules.vco import SineVCO, SquareSawVCO

__all__ = [
    "ADSR",
    "LFO",
    "VCA",
    "Keyboard",
    "Mixer",
    "ModulationMatrix",
    "Module",
    "Noise",
    "SineVCO",
    "SquareSawVCO",
]
