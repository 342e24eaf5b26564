"""Labels beyond the parameters, from another package."""

import importlib
from collections.abc import Callable
from typing import Any

from torch import Tensor

from synths.synth import AudioSynth

# From the numbers of sounds (batch,), theta (batch, n_parameters) and waveforms (batch, n_samples): plain data by name
# for each sound.
MakeLabels = Callable[[Tensor, Tensor, Tensor], list[dict[str, Any]]]
_DEFAULT = "corpus_labels"


def find_labels(name: str) -> Callable[[AudioSynth, int], MakeLabels]:
    """The function that makes the labels of a synth and a seed.

    Args:
        name: package with a function `corpus_labels`, or package.module:function.

    Raises:
        ValueError: there is none.
    """
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function or _DEFAULT)
    except (ImportError, AttributeError, ValueError) as error:
        wanted = f"a package with {_DEFAULT}, such as doppelganger, or package.module:function"
        raise ValueError(f"expected {wanted}; got {name!r} ({error})") from None
