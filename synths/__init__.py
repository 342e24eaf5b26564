"""Synthesizers that turn numbers into sound, in batches, with gradients, on any device."""

from synths.catalogue import catalogue, find
from synths.parameters import Parameter, ParameterSpace
from synths.synth import AudioSynth, Synth

__all__ = ["AudioSynth", "Parameter", "ParameterSpace", "Synth", "catalogue", "find"]


def __getattr__(name: str) -> type[Synth]:
    """Every synth is importable from here by its class name, without being listed here."""
    for synth in catalogue().values() if not name.startswith("_") else ():
        if synth.__name__ == name:
            return synth
    raise AttributeError(f"module 'synths' has no attribute {name!r}")
