"""Sounds rendered so that the bytes of a file depend on the sound alone."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor

from synths import files
from synths.commands._folder import Label
from synths.perturbation import perturb
from synths.synth import AudioSynth
from synths.usage import UsageError, naming

# Most sounds of a block, and about how many samples it has: few, for one sound costs a block.
_BLOCK_SOUNDS, _BLOCK_SAMPLES = 16, 1 << 20


class Sound(NamedTuple):
    """A sound to render: name of its file without the extension, its number, its view, and its label."""

    name: str
    number: int
    view: str
    label: Label


def rendered(synth: AudioSynth, sounds: Iterable[Sound], file_format: str) -> Iterator[tuple[Sound, bytes]]:
    """Each sound with the parameters in its label, and the bytes of its file.

    A sound is rendered in a block with its neighbours by number, wanted or not, at a place that depends on its
    number alone: kernels round in another way in a batch of another size, and the bytes of a file would differ.
    """
    n_rows = 1 << min(_BLOCK_SOUNDS, max(1, _BLOCK_SAMPLES // synth.n_samples)).bit_length() - 1
    for start, some in groupby(sounds, lambda sound: sound.number // n_rows * n_rows):
        blocks = {}
        for sound in some:
            if sound.view not in blocks:
                blocks[sound.view] = _block(synth, start, n_rows, sound)
            waveforms, values = blocks[sound.view]
            row = sound.number - start
            label = sound.label | {"parameters": dict(zip(synth.space.names, values[row], strict=True))}
            with naming("--format, --sample-rate"):
                data = files.encode(waveforms[row], synth.sample_rate, file_format)
            yield sound._replace(label=label), data


def _block(synth: AudioSynth, start: int, n_rows: int, like: Sound) -> tuple[Tensor, list[list[float]]]:
    """Waveforms and parameters of the sounds from `start` on, with the seed, view and delta of one of them."""
    index, seed, view = torch.arange(start, start + n_rows), like.label["seed"], like.view
    theta = synth.sample(index, seed)
    if view:
        theta = perturb(synth.space, theta, like.label["delta"], index, seed=seed, view=view)
    try:
        return synth.render(theta, synth.noise_key(index, seed, view)), synth.space.to_physical(theta).tolist()
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "allocate" not in str(error):
            raise
        raise UsageError(f"--seconds: not enough memory for {n_rows} x {synth.seconds:g} s; ask for less") from error
