"""Synthesizers that turn numbers into sound, in batches, with gradients, on any device."""

from synths.catalogue import built_in, catalogue, find
from synths.parameters import Parameter, ParameterSpace
from synths.synth import AudioSynth, Synth

__all__ = ["AudioSynth", "Parameter", "ParameterSpace", "Synth", "built_in", "catalogue", "find"]


def __getattr__(name: str) -> type[Synth]:
    """Makes every built-in synth importable from here by its class name."""
    for synth in built_in().values() if name[:1].isupper() else ():
        if synth.__name__ == name:
            return synth
    raise AttributeError(f"module 'synths' has no attribute {name!r}")
