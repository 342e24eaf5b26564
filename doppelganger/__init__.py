"""Learn audio representations from sounds that were never recorded."""

import importlib
from typing import TYPE_CHECKING, Any

from synths import __version__

if TYPE_CHECKING:
    from doppelganger.checkpoints import load_encoder
    from doppelganger.encoders import AudioEncoder
    from doppelganger.encoders.frontends import FrontEnd, LogMel
    from doppelganger.labels.corpus_labels import corpus_labels
    from doppelganger.streams.pairs import Pairs, PairStream
    from doppelganger.streams.perturbations import Gaussian, Perturbation

__all__ = [
    "AudioEncoder",
    "FrontEnd",
    "Gaussian",
    "LogMel",
    "PairStream",
    "Pairs",
    "Perturbation",
    "__version__",
    "corpus_labels",
    "load_encoder",
]

# Imported when first used: `python -m doppelganger --help` does not wait for torch.
_MODULES = {
    "AudioEncoder": "doppelganger.encoders",
    "FrontEnd": "doppelganger.encoders.frontends",
    "Gaussian": "doppelganger.streams.perturbations",
    "LogMel": "doppelganger.encoders.frontends",
    "PairStream": "doppelganger.streams.pairs",
    "Pairs": "doppelganger.streams.pairs",
    "Perturbation": "doppelganger.streams.perturbations",
    "corpus_labels": "doppelganger.labels.corpus_labels",
    "load_encoder": "doppelganger.checkpoints",
}


def __getattr__(name: str) -> Any:
    """A name of `__all__`."""
    if name not in _MODULES:
        raise AttributeError(f"module 'doppelganger' has no attribute {name!r}")
    globals()[name] = found = getattr(importlib.import_module(_MODULES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
