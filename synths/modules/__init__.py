"""Modules: functions of `synths.dsp` with parameters, to be wired into voices."""

from synths.modules.adsr import ADSR
from synths.modules.chorus import Chorus
from synths.modules.dc_blocker import DCBlocker
from synths.modules.delay import Delay
from synths.modules.distortion import Distortion
from synths.modules.fm_vco import FmVCO
from synths.modules.keyboard import Keyboard
from synths.modules.lfo import LFO
from synths.modules.mixer import Mixer
from synths.modules.modulation_matrix import ModulationMatrix
from synths.modules.module import Module
from synths.modules.noise import Noise
from synths.modules.reverb import Reverb
from synths.modules.unison_vco import UnisonVCO
from synths.modules.vca import VCA
from synths.modules.vcf import VCF
from synths.modules.vco import SineVCO, SquareSawVCO

__all__ = [
    "ADSR",
    "LFO",
    "VCA",
    "VCF",
    "Chorus",
    "DCBlocker",
    "Delay",
    "Distortion",
    "FmVCO",
    "Keyboard",
    "Mixer",
    "ModulationMatrix",
    "Module",
    "Noise",
    "Reverb",
    "SineVCO",
    "SquareSawVCO",
    "UnisonVCO",
]
