"""Pitch: that of a recording by pYIN, that of many rendered sounds by YIN, and theta moved to another pitch."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synths.notes.pitch import HIGHEST
from synths.parameters import ParameterSpace

_LOWEST_HZ, _HIGHEST_HZ = 45.0, 2100.0
# A sound below the lowest pitch is measured as the lowest one. A sound within this many semitones of it is measured
# again, down to an octave below, in frames twice as long; what is measured as the lowest there, too, has no pitch.
_AT_LOWEST = 0.25
_VOICED = 1 / 3  # least share of the loud frames that have a pitch
_LOUD = 0.1  # level of a loud frame, against the loudest
_RESOLUTION = 0.2  # of pYIN, in semitones
_ALIKE = 0.5  # semitones: YIN, which is exact, may correct pYIN by that much


def pitch_of(sound: Tensor, sample_rate: int) -> float:
    """The pitch of a sound, by pYIN.

    Args:
        sound: (n_samples,).
        sample_rate: in Hz.

    Returns:
        MIDI note number, the median over its loud frames; NaN where fewer than a third of them have a pitch.

    Raises:
        ImportError: librosa is missing.
    """
    track = pitch_track(sound, sample_rate)
    clear = track[np.isfinite(track)]
    return float(np.median(clear)) if len(clear) > _VOICED * len(track) else math.nan


def pitch_track(sound: Tensor, sample_rate: int) -> np.ndarray:
    """Pitch of the loud frames of a sound: MIDI note numbers (n,), NaN for frames without a pitch.

    pYIN decides which period a frame has, if any, and YIN measures it. Args and errors as in `pitch_of`.

    Source: Mauch and Dixon, pYIN: A Fundamental Frequency Estimator Using Probabilistic Threshold Distributions, 2014.
    """
    samples = sound.detach().cpu().double().numpy()
    settings, lower = _settings(sample_rate)
    track = _track(samples, settings)
    if _at_lowest(track, settings).sum() > np.isfinite(track).sum() / 2:
        settings, track = lower, _track(samples, lower)
    return np.where(_at_lowest(track, settings), math.nan, track)


def pitches_of(sounds: Tensor, sample_rate: int) -> Tensor:
    """The pitch that each sound has if it has one, by YIN: less reliable than `pitch_of`, and much faster.

    Args:
        sounds: (batch, n_samples).
        sample_rate: in Hz.

    Returns:
        (batch,) float64, MIDI note numbers, the medians over loud frames; NaN where a sound is silent.

    Raises:
        ImportError: librosa is missing.

    Source: de Cheveigné and Kawahara, YIN, a Fundamental Frequency Estimator for Speech and Music, 2002.
    """
    samples = sounds.detach().cpu().double().numpy()
    usual, lower = _settings(sample_rate)
    medians = _medians(samples, usual)
    if (again := _at_lowest(medians, usual)).any():
        medians[again] = _medians(samples[again], lower)
        medians[_at_lowest(medians, lower)] = math.nan
    return torch.from_numpy(medians).to(sounds.device)


def pitch_columns(space: ParameterSpace) -> list[int]:
    """Columns of theta that hold the pitch of a key: parameters named "midi_f0", of which the range is not fixed."""
    return [i for i, p in enumerate(space) if p.name.rpartition(".")[2] == "midi_f0" and p.low < p.high]


def transposed(space: ParameterSpace, theta: Tensor, semitones: Tensor) -> Tensor:
    """Theta of the same sounds at another pitch.

    Args:
        space: parameters in the columns of theta.
        theta: (batch, n_parameters) in [0, 1].
        semitones: (batch,), how much higher; NaN leaves a row as it is. Pitch stays within its range.

    Returns:
        (batch, n_parameters) in [0, 1].
    """
    columns = pitch_columns(space)
    physical = space.to_physical(theta)
    for column in columns:
        there = physical[:, column] + semitones.nan_to_num(0.0).to(physical)
        physical[:, column] = there.clamp(space[column].low, space[column].high)
    moved = theta.clone()
    moved[:, columns] = space.to_theta(physical)[:, columns].to(theta)
    return moved


def _track(samples: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    """Pitch of the loud frames of a sound (n_samples,): MIDI note numbers (n,), NaN for frames without a pitch."""
    import librosa

    hz, voiced, _ = librosa.pyin(samples, resolution=_RESOLUTION, **settings)
    likely, exact = _midi(hz), _midi(librosa.yin(samples, **settings))
    midi = np.where(np.abs(exact - likely) < _ALIKE, exact, likely)
    return np.where(voiced, midi, math.nan)[_loud(samples[None], settings)[0]]


def _medians(samples: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    """Median pitch of the loud frames of each sound (batch, n_samples): (batch,), NaN for silence."""
    import librosa

    midi = np.where(_loud(samples, settings), _midi(librosa.yin(samples, **settings)), np.nan)
    return np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else math.nan for row in midi])


def _at_lowest(midi: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    """Which pitches are measured as the lowest one, so that they may be lower still."""
    return midi < _midi(np.array(settings["fmin"])) + _AT_LOWEST


def _settings(sample_rate: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arguments that pyin and yin share, as usual and for lower pitches: frames hold the lowest period twice."""
    lowest, highest = min(_LOWEST_HZ, sample_rate / 40), min(_HIGHEST_HZ, sample_rate / 4)
    usual, lower = (
        {"fmin": low, "fmax": highest, "sr": sample_rate, "frame_length": _frame(sample_rate, low)}
        for low in (lowest, lowest / 2)
    )
    return usual, lower


def _frame(sample_rate: int, lowest_hz: float) -> int:
    return 1 << math.ceil(math.log2(2 * sample_rate / lowest_hz + 2))


def _loud(samples: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    """Which frames are loud, bool (batch, n_frames): frames are centred, and four overlap, as in pyin and yin."""
    import librosa

    frame = settings["frame_length"]
    level = librosa.feature.rms(y=samples, frame_length=frame, hop_length=frame // 4)[:, 0]
    loudest = level.max(axis=1, keepdims=True)
    return (level >= _LOUD * loudest) & (loudest > 0)


def _midi(hz: np.ndarray) -> np.ndarray:
    return np.clip(69 + 12 * np.log2(hz / 440), 0, HIGHEST)
