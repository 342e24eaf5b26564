"""Synthetic tasks: pitch, envelope and waveform of rendered sounds, with exact labels and no data."""

from collections.abc import Mapping
from functools import partial
from hashlib import blake2b

import numpy as np
import torch

from doppelganger import index_ranges
from doppelganger.evaluation.task import Task
from synths.voices.voice import Voice

N_SOUNDS = 1000
N_FOLDS = 2

_NO_MODULATION = (
    *(
        f"mod_matrix.{source}->{vco}_pitch"
        for source in ("adsr_1", "adsr_2", "lfo_1", "lfo_2")
        for vco in ("vco_1", "vco_2")
    ),
    *(
        f"mod_matrix.{source}->{part}_amp"
        for source in ("adsr_2", "lfo_1", "lfo_2")
        for part in ("vco_1", "vco_2", "noise")
    ),
)

# A held note without vibrato or tremolo, whose loudness follows one envelope: every label is audible.
HELD_NOTE = {
    **dict.fromkeys(_NO_MODULATION, 0.0),
    **{f"mod_matrix.adsr_1->{part}_amp": 1.0 for part in ("vco_1", "vco_2", "noise")},
    "keyboard.midi_f0": [36, 95],
    "keyboard.duration": 1.0,
    "adsr_1.attack": [0.0, 0.1],
    "adsr_1.decay": [0.1, 0.5],
    "adsr_1.sustain": [0.3, 1.0],
    "adsr_1.alpha": [1.0, 3.0],
    "vco_1.tuning": 0.0,
    "vco_2.tuning": 0.0,
    "mixer.vco_1": [0.2, 0.6],
    "mixer.vco_2": [0.2, 0.6],
    "mixer.noise": [0.0, 0.1],
}

# Attribute -> class -> parameter ranges of the class. All other parameters stay free.
ATTRIBUTES: dict[str, dict[str, dict[str, float | list[float]]]] = {
    "pitch": {
        f"C{octave} to B{octave}": {"keyboard.midi_f0": [12 + 12 * octave, 23 + 12 * octave]} for octave in range(1, 7)
    },
    "envelope": {
        "pluck": {"adsr_1.attack": [0.0, 0.02], "adsr_1.decay": [0.1, 0.3], "adsr_1.sustain": 0.0},
        "long pluck": {"adsr_1.attack": [0.0, 0.02], "adsr_1.decay": [0.5, 0.9], "adsr_1.sustain": 0.0},
        "held": {"adsr_1.attack": [0.0, 0.02], "adsr_1.sustain": [0.8, 1.0]},
        "swell": {"adsr_1.attack": [0.15, 0.4], "adsr_1.sustain": [0.8, 1.0]},
        "long swell": {"adsr_1.attack": [0.6, 0.95], "adsr_1.sustain": [0.8, 1.0]},
    },
    "waveform": {
        "sine": {"mixer.vco_1": [0.5, 1.0], "mixer.vco_2": [0.0, 0.1]},
        "square": {"mixer.vco_1": [0.0, 0.2], "mixer.vco_2": [0.5, 1.0], "vco_2.shape": [0.0, 0.2]},
        "saw": {"mixer.vco_1": [0.0, 0.2], "mixer.vco_2": [0.5, 1.0], "vco_2.shape": [0.8, 1.0]},
        "noise": {"mixer.vco_1": [0.0, 0.2], "mixer.vco_2": [0.0, 0.1], "mixer.noise": [0.5, 1.0]},
    },
}


def synthetic_tasks(sample_rate: int, seed: int = 0, n_sounds: int = N_SOUNDS) -> list[Task]:
    """One task per attribute, of `n_sounds` one-second sounds of `synths.Voice` never used in training.

    Args:
        sample_rate: sample rate, in Hz.
        seed: seed of the sounds.
        n_sounds: number of sounds per task, divided evenly among its classes.
    """
    return [
        _task(attribute, classes, sample_rate, seed, n_sounds, index_ranges.PROBE + number * n_sounds)
        for number, (attribute, classes) in enumerate(ATTRIBUTES.items())
    ]


def _task(
    attribute: str, classes: Mapping[str, Mapping], sample_rate: int, seed: int, n_sounds: int, first_index: int
) -> Task:
    labels = [list(classes)[i % len(classes)] for i in range(n_sounds)]
    index = first_index + torch.arange(n_sounds)
    waveforms = np.empty((n_sounds, sample_rate), dtype=np.float32)
    for name, ranges in classes.items():
        voice = Voice(sample_rate=sample_rate, seconds=1.0, distribution="physical", ranges=HELD_NOTE | dict(ranges))
        clips = [i for i, label in enumerate(labels) if label == name]
        with torch.inference_mode():
            waveforms[clips] = voice.play(index[clips], seed).numpy()
    return Task(
        name=f"synthetic {attribute}",
        clips=[f"voice {i}" for i in index.tolist()],
        labels=labels,
        folds=[str(i * N_FOLDS // n_sounds + 1) for i in range(n_sounds)],
        blocks=partial(_sound, waveforms),
        key=partial(_digest, waveforms),
        sample_rate=sample_rate,
        about=f"{attribute} of held-out sounds of synths.Voice: {', '.join(classes)}.",
        read_at=lambda rate: _task(attribute, classes, rate, seed, n_sounds, first_index),
    )


def _sound(waveforms: np.ndarray, clip: int) -> list[np.ndarray]:
    return [waveforms[clip]]


def _digest(waveforms: np.ndarray, clip: int) -> str:
    return blake2b(waveforms[clip].tobytes(), digest_size=16).hexdigest()
