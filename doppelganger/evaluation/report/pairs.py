"""The first training pairs of an encoder, as spectrograms and sounds."""

import importlib
import reprlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch

from doppelganger.encoders.frontends import LogMel
from doppelganger.encoders.frontends.log_mel import fft_length
from doppelganger.evaluation.media import sound_uri, spectrogram_uri
from doppelganger.memory_limit import MemoryLimit
from doppelganger.recipe import class_path
from doppelganger.streams.pairs import PairStream
from doppelganger.streams.perturbations import PERTURBATIONS, Gaussian, Perturbation
from synths import AudioSynth
from synths.files.plain_data import reason
from synths.finding import SYNTHS

_OURS = "synths", "doppelganger"
_HIGHEST_HZ = 7500.0
_LONGEST, _MOST_BYTES = 4_000_000, 10**9  # samples of a sound; bytes that making a synth takes

Made = TypeVar("Made", AudioSynth, Perturbation)


@dataclass(frozen=True)
class View:
    """One sound of a pair and its log-mel spectrogram, both as data URIs."""

    spectrogram: str
    sound: str


@dataclass(frozen=True)
class TrainingPairs:
    """Some pairs, and the synth and perturbation that made them.

    Args:
        made_by: synth and perturbation as text.
        seconds: length of a sound, in s.
        low_hz, high_hz: lowest and highest frequency of the spectrograms, in Hz.
        views: two views of each pair.
    """

    made_by: str
    seconds: float
    low_hz: float
    high_hz: float
    views: list[tuple[View, View]]


def training_pairs(config: Mapping[str, Any], n_pairs: int = 4) -> TrainingPairs | None:
    """The first pairs of a training.

    Args:
        config: configuration of the training; only classes of `synths`, of `doppelganger`, and those that an installed
            package declares as entry points or that are already imported, are instantiated.
        n_pairs: number of pairs.

    Returns:
        the pairs; None if the training used none.

    Raises:
        ValueError: `data` names another class, or a class that cannot be instantiated.
    """
    data = _arguments(config.get("data"))
    if not data.get("synth") or "perturbation" not in data:
        return None
    synth = _make(data["synth"], AudioSynth, "data.synth")
    given = data["perturbation"] or {"class_path": class_path(Gaussian)}
    perturbation = _make(given, Perturbation, "data.perturbation")
    if synth.n_samples > _LONGEST:
        raise ValueError(f"data.synth: expected sounds of at most {_LONGEST:,} samples; got {synth.n_samples:,}")
    with torch.inference_mode():
        pairs = PairStream(synth, perturbation, data.get("seed", 0))(torch.arange(n_pairs))
        log_mel = _log_mel(synth.sample_rate)
        spectrograms = [log_mel(view)[:, 0].numpy() for view in (pairs.a, pairs.b)]
    low, high = float(np.min(spectrograms)), float(np.max(spectrograms))
    sounds = [[sound_uri(sound, synth.sample_rate) for sound in view.numpy()] for view in (pairs.a, pairs.b)]
    a, b = (
        [View(spectrogram_uri(x, low, high), sound) for x, sound in zip(*of_view, strict=True)]
        for of_view in zip(spectrograms, sounds, strict=True)
    )
    made_by = _in_words(data["synth"]) + ", perturbed by " + _in_words(given)
    low_hz, high_hz = (log_mel.arguments[edge] for edge in ("low_hz", "high_hz"))
    return TrainingPairs(made_by, synth.seconds, low_hz, high_hz, list(zip(a, b, strict=True)))


def _make(given: Any, base: type[Made], key: str) -> Made:
    """Instantiate a class_path with init_args, and the classes nested in it."""
    if not isinstance(given, Mapping) or not isinstance(given.get("class_path"), str):
        raise ValueError(f"{key}: expected class_path and init_args; got {reprlib.repr(given)}")
    cls = _class(given["class_path"], base, key)
    arguments = {name: _inside(value, base, f"{key}.{name}") for name, value in _arguments(given).items()}
    try:
        with MemoryLimit(_MOST_BYTES):
            return cls(**arguments)
    except Exception as error:  # arguments that no constructor expects end in anything
        raise ValueError(
            f"{key}: {given['class_path']} cannot be made as it was in training: {reason(error)}"
        ) from None


def _inside(value: Any, base: type[Made], key: str) -> Any:
    if isinstance(value, Mapping) and "class_path" in value:
        return _make(value, base, key)
    if isinstance(value, Mapping):
        return {name: _inside(of, base, f"{key}.{name}") for name, of in value.items()}
    return [_inside(of, base, key) for of in value] if isinstance(value, list) else value


def _class(path: str, base: type[Made], key: str) -> type[Made]:
    # A configuration may come with a stranger's checkpoint: it may not have any module imported.
    module, _, name = path.rpartition(".")
    refused = f"{key}: expected {base.__name__} of {' or '.join(_OURS)}; got {path[:200]}"
    kind = SYNTHS if base is AudioSynth else PERTURBATIONS
    try:
        if module.partition(".")[0] in _OURS:
            found = getattr(importlib.import_module(module), name, None)
        elif declared := kind.declared_name(path):
            found = kind.find(declared)
        elif module in sys.modules:
            found = sys.modules[module].__dict__.get(name)
        else:
            raise ValueError(f"{refused}, which is neither declared as an entry point of {kind.group} nor imported")
    except ImportError as error:
        raise ValueError(f"{refused} ({error})") from None
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ValueError(refused)
    return found


def _log_mel(sample_rate: int) -> LogMel:
    highest = min(_HIGHEST_HZ, sample_rate / 2)
    return LogMel(sample_rate, high_hz=highest, n_fft=fft_length(sample_rate), frame_multiple=1)


def _arguments(given: Any) -> Mapping[str, Any]:
    """Named arguments, and those passed on as keywords."""
    named, passed_on = (given.get(key) if isinstance(given, Mapping) else None for key in ("init_args", "dict_kwargs"))
    return {**(named if isinstance(named, Mapping) else {}), **(passed_on if isinstance(passed_on, Mapping) else {})}


def _in_words(given: Mapping[str, Any]) -> str:
    """A class name and its arguments that are numbers or strings."""
    plain = [
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in _arguments(given).items()
        if isinstance(value, int | float | str) and not isinstance(value, bool)
    ]
    return given["class_path"].rpartition(".")[2] + (f" ({', '.join(plain)})" if plain else "")
