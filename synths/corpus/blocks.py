"""Sounds rendered so that the bytes of a file depend only on the sound."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from synths.corpus.labels import find_labels
from synths.corpus.recipe import Recipe, Sound
from synths.perturbation import perturb
from synths.synth import AudioSynth

# Most sounds of a block, and about how many samples it has: few, since a single sound is rendered with its whole block.
_BLOCK_SOUNDS, _BLOCK_SAMPLES = 16, 1 << 20

# Waveforms (batch, n_samples), and what is added to the label of each.
_Block = tuple[Tensor, list[dict[str, Any]]]


class Renderer:
    """Renders the sounds of a recipe.

    A sound is rendered in a block with its neighbours by number, wanted or not, at a place that depends only on
    its number: kernels round in another way in a batch of another size, and the bytes of a file would differ.

    Args:
        recipe: the recipe.
        synth: the synth that it builds, if it is there already.
        device: where sounds are rendered; devices round in different ways.

    Raises:
        ValueError: see `Recipe.build`; or no such labels.
    """

    def __init__(self, recipe: Recipe, synth: AudioSynth | None = None, device: torch.device | str = "cpu"):
        self.recipe, self.synth, self.device = recipe, synth or recipe.build(), device
        self._make_labels = find_labels(recipe.labels)(self.synth, recipe.seed) if recipe.labels else None
        if recipe.compiled:
            self.synth.compile()
        self.n_rows = 1 << min(_BLOCK_SOUNDS, max(1, _BLOCK_SAMPLES // self.synth.n_samples)).bit_length() - 1

    def sounds(self, first: int, n: int) -> Iterator[Sound]:
        """See `Recipe.sounds`."""
        return self.recipe.sounds(self.synth.short_name(), first, n)

    def render(self, sounds: Iterable[Sound]) -> Iterator[tuple[Sound, bytes]]:
        """Each sound with a whole label, and the bytes of its file. Their numbers ascend.

        Raises:
            EncodingError: the file format does not hold such sounds.
            MemoryError: a block of sounds is too long.
        """
        for start, some in groupby(sounds, lambda sound: sound.number // self.n_rows * self.n_rows):
            blocks: dict[str, _Block] = {}
            for sound in some:
                if sound.view not in blocks:
                    blocks[sound.view] = self._block(start, sound.view)
                waveforms, labels = blocks[sound.view]
                row = sound.number - start
                data = self.recipe.sound_format.encode(waveforms[row], self.synth.sample_rate)
                yield sound._replace(label=sound.label | labels[row]), data

    def _block(self, start: int, view: str) -> _Block:
        index, seed = torch.arange(start, start + self.n_rows, device=self.device), self.recipe.seed
        theta = self.synth.sample(index, seed)
        if view:
            theta = perturb(self.synth.space, theta, self.recipe.delta, index, seed=seed, view=view)
        try:
            waveforms = self.synth.render(theta, self.synth.noise_key(index, seed, view)).cpu()
            waveforms = self.recipe.sound_format.finish(waveforms, self.synth.sample_rate)
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "allocate" not in str(error):
                raise
            wanted = f"{self.n_rows} sounds of seconds={self.synth.seconds:g}"
            raise MemoryError(f"not enough memory for {wanted}; ask for less") from error
        index, theta = index.cpu(), theta.cpu()
        names, values = self.synth.space.names, self.synth.space.to_physical(theta).tolist()
        labels: list[dict[str, Any]] = [{"parameters": dict(zip(names, row, strict=True))} for row in values]
        if self._make_labels:
            others = self._make_labels(index, theta, waveforms)
            labels = [label | other for label, other in zip(labels, others, strict=True)]
        return waveforms, labels
