"""Synthesizers that turn numbers into sound, in batches, with gradients, on any device."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synths.bank import SynthBank
    from synths.finding import built_in, catalogue, find
    from synths.matching import match
    from synths.parameters import Parameter, ParameterSpace
    from synths.presets.distribution import PresetDistribution
    from synths.showing import Picture, Shown, Sound, show
    from synths.synth import AudioSynth, Synth

__version__ = "0.1.0"
__all__ = [
    "AudioSynth",
    "Parameter",
    "ParameterSpace",
    "Picture",
    "PresetDistribution",
    "Shown",
    "Sound",
    "Synth",
    "SynthBank",
    "built_in",
    "catalogue",
    "find",
    "match",
    "show",
]

# Imported when first used: `python -m synths --help` does not wait for torch.
_MODULES = {
    "AudioSynth": "synths.synth",
    "Parameter": "synths.parameters",
    "ParameterSpace": "synths.parameters",
    "Picture": "synths.showing",
    "PresetDistribution": "synths.presets.distribution",
    "Shown": "synths.showing",
    "Sound": "synths.showing",
    "Synth": "synths.synth",
    "SynthBank": "synths.bank",
    "built_in": "synths.finding",
    "catalogue": "synths.finding",
    "find": "synths.finding",
    "match": "synths.matching",
    "show": "synths.showing",
}


def __getattr__(name: str) -> Any:
    """A name of `__all__`, or a built-in synth by its class name."""
    if name in _MODULES:
        found = getattr(importlib.import_module(_MODULES[name]), name)
    elif name[:1].isupper():
        classes = {cls.__name__: cls for cls in importlib.import_module("synths.finding").built_in().values()}
        found = classes.get(name)
    else:
        found = None
    if found is None:
        raise AttributeError(f"module 'synths' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
