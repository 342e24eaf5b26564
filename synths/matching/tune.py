"""Tuning at the end of a search: the pitch of its sound is measured and moved onto that of the target."""

import math
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from synths.matching.pitch import pitch_columns, pitch_of, transposed
from synths.matching.search import Match, Search

_IN_TUNE = 0.1  # semitones, as pYIN resolves
_N_TRIED, _N_CORRECTIONS = 4, 2  # survivors of each target, and corrections of each
_LOSS_FACTOR = 1.1  # a sound in tune may have a loss higher than the best one's by this factor, up to the best start's


class _Sound(NamedTuple):
    """A survivor (1, n_parameters): its loss, and how much higher its target is, in semitones."""

    theta: Tensor
    loss: float
    off: float


@torch.no_grad()
def tuned(search: Search, pitch: Tensor) -> Match:
    """The best sound that is in tune with its target, or the one that is nearest to that.

    Args:
        search: the search, at its end.
        pitch: (batch,), MIDI note numbers, NaN where a target has none.

    Returns:
        its match; the renders of the target that needed most are counted.

    Raises:
        ImportError: librosa is missing.
    """
    found = search.best()
    if not pitch_columns(search.synth.space):
        return found
    theta, loss, n_most = found.theta.clone(), found.loss.clone(), 0
    for i, wanted in enumerate(pitch.tolist()):
        if math.isfinite(wanted):
            (theta[i : i + 1], loss[i], _), n = _in_tune(search, i, wanted)
            n_most = max(n_most, n)
    sound = search.render(theta)
    gain = search.distance.gain(sound, torch.arange(len(theta), device=theta.device))
    n_renders = found.n_renders + n_most
    return replace(found, theta=theta, sound=sound, gain=gain, loss=loss, n_renders=n_renders)


def _in_tune(search: Search, row: int, wanted: float) -> tuple[_Sound, int]:
    """The survivor of one target, and how many sounds were rendered."""
    thetas, losses = search.survivors(row)
    loss_limit = min(_LOSS_FACTOR * losses[0].item(), search.history[0][row].item())
    best, n = _corrected(search, row, thetas[:1], wanted, loss_limit)
    for theta, loss in zip(thetas[1:_N_TRIED, None], losses[1:_N_TRIED].tolist(), strict=True):
        if abs(best.off) <= _IN_TUNE or loss > loss_limit:
            break
        sound, n_rendered = _corrected(search, row, theta, wanted, loss_limit)
        n += n_rendered
        if sound.loss <= loss_limit and abs(sound.off) < abs(best.off):
            best = sound
    return best, n


def _corrected(search: Search, row: int, theta: Tensor, wanted: float, loss_limit: float) -> tuple[_Sound, int]:
    sound = _measured(search, row, theta, wanted)
    for n in range(_N_CORRECTIONS):
        if abs(sound.off) <= _IN_TUNE / 2 or math.isinf(sound.off):
            return sound, n + 1
        moved = transposed(search.synth.space, sound.theta, torch.tensor([sound.off], device=theta.device))
        after = _measured(search, row, moved, wanted)
        if abs(after.off) >= abs(sound.off) or after.loss > loss_limit:
            return sound, n + 2
        sound = after
    return sound, _N_CORRECTIONS + 1


def _measured(search: Search, row: int, theta: Tensor, wanted: float) -> _Sound:
    sound = search.render(theta)
    off = wanted - pitch_of(sound[0], search.synth.sample_rate)
    loss = search.distance(sound, torch.tensor([row], device=theta.device)).item()
    return _Sound(theta, loss, math.inf if math.isnan(off) else off)
