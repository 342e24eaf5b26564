"""Sounds of a state: theta, physical values and renderings of the original and its doppelgängers."""

from collections import OrderedDict
from functools import lru_cache
from threading import Lock

import torch
from torch import Tensor

from doppelganger.explorer.state import State, synths
from synths import presets
from synths.bank import SynthBank
from synths.parameters import ParameterSpace
from synths.perturbation import perturb
from synths.procedural.soundscape import N_EVENTS, PRIMITIVES, Soundscape
from synths.synth import AudioSynth, Synth

_MOST_RENDERINGS = 64
_rendering = Lock()
_renderings: OrderedDict[tuple[State, str], Tensor] = OrderedDict()


def synth_of(state: State) -> Synth:
    """The synth that renders a state, in eager mode."""
    if state.is_pattern:
        return _pattern(state.synth, state.preset)
    return _audio(state.synth, state.preset, state.seconds, state.sample_rate)


def audio_synth_of(state: State) -> AudioSynth:
    """The synth of a state that makes sounds.

    Raises:
        ValueError: it makes pictures.
    """
    synth = synth_of(state)
    if not isinstance(synth, AudioSynth):
        raise ValueError(f"{state.synth} makes pictures; expected a synth of sounds")
    return synth


@lru_cache(maxsize=16)
def _audio(name: str, preset: str, seconds: float, sample_rate: int) -> Synth:
    return synths()[name](sample_rate=sample_rate, seconds=seconds, **_ranges(name, preset))  # pyright: ignore


@lru_cache(maxsize=32)
def _pattern(name: str, preset: str) -> Synth:
    return synths()[name](**_ranges(name, preset))  # pyright: ignore


def _ranges(name: str, preset: str) -> dict:
    return {"ranges": presets.load(name, preset)} if preset else {}


def theta_of(state: State, view: str = "") -> Tensor:
    """Theta of the original (view "") or of a doppelgänger: (1, n_parameters).

    Values that were set by hand replace those of the original; doppelgängers move all parameters of the result.

    Raises:
        ValueError: an unknown parameter, or a value outside its range.
    """
    synth, index = synth_of(state), torch.tensor([state.index])
    theta = synth.sample(index, state.seed)
    if state.values:
        theta = with_values(synth.space, theta, dict(state.values))
    return perturb(synth.space, theta, state.delta, index, seed=state.seed, view=view) if view else theta


def with_values(space: ParameterSpace, theta: Tensor, values: dict[str, float]) -> Tensor:
    """Theta (1, n_parameters) with some parameters at given physical values."""
    physical = space.to_physical(theta)
    columns = [space.column(name) for name in values]
    physical[0, columns] = torch.tensor(list(values.values()), dtype=torch.float64)
    changed = theta.clone()
    changed[0, columns] = space.to_theta(physical)[0, columns]
    return changed


def render(state: State, view: str = "") -> Tensor:
    """The sound (n_samples,) or the picture (height, width) of one view; the last 64 are kept.

    One call renders at a time: PyTorch uses all cores for one.
    """
    with _rendering:
        key = (state, view)
        if key not in _renderings:
            synth = synth_of(state)
            noise_key = synth.noise_key(torch.tensor([state.index]), state.seed, view)
            with torch.inference_mode():
                _renderings[key] = synth.render(theta_of(state, view), noise_key)[0]
            while len(_renderings) > _MOST_RENDERINGS:
                _renderings.popitem(last=False)
        _renderings.move_to_end(key)
        return _renderings[key]


def in_use(synth: Synth, theta: Tensor) -> Tensor:
    """Columns that the sound of theta (1, n_parameters) depends on, as far as choices tell: bool (n_parameters,)."""
    if isinstance(synth, SynthBank):
        return synth.mask(theta)[0]
    used = torch.ones(len(synth.space), dtype=torch.bool)
    if isinstance(synth, Soundscape):
        events = synth.events(theta)
        for e in range(N_EVENTS):
            kind = list(PRIMITIVES)[int(events.source[0, e])] if events.active[0, e] else None
            for column, name in enumerate(synth.space.names):
                slot, _, rest = name.partition(".")
                if slot == f"event_{e + 1}":
                    primitive = rest.partition(".")[0] if "." in rest else kind
                    used[column] = kind is not None and primitive == kind
    return used
