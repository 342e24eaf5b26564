"""Training data by kind, as configs name it: pairs, sounds, labelled sounds and labelled pairs."""

import warnings

from doppelganger.recordings import Crops
from doppelganger.streams.labelled import LabelledStream
from doppelganger.streams.labelled_pairs import LabelledPairStream
from doppelganger.streams.pairs import PairStream
from doppelganger.streams.perturbations import Gaussian, Perturbation
from doppelganger.streams.sounds import SoundStream
from lightning_modules.synth_data import SynthDataModule
from synths import Synth


class PairDataModule(SynthDataModule):
    """Doppelgänger pairs; see `SynthDataModule`.

    Args:
        synth: source of the sounds.
        perturbation: step from a theta to each of its two views; None for `Gaussian`.
        batch_size: pairs a step on each device.
        steps_per_epoch, n_validation_steps, compile, render_ahead: see `SynthDataModule`.
        seed: seed for all random draws.
    """

    def __init__(
        self,
        synth: Synth,
        perturbation: Perturbation | None = None,  # not Gaussian(): another class in a config would inherit its delta
        batch_size: int = 768,
        steps_per_epoch: int = 117,
        n_validation_steps: int = 4,
        seed: int = 0,
        compile: bool = False,
        render_ahead: int = 1,
    ):
        _require_two_pairs(batch_size)
        if isinstance(synth, Crops):
            _require_others(len(synth.recordings), batch_size)
        stream = PairStream(synth, perturbation or Gaussian(), seed)
        super().__init__(stream, batch_size, steps_per_epoch, n_validation_steps, compile, render_ahead)


def _require_two_pairs(batch_size: int) -> None:
    if batch_size < 2:
        raise ValueError(f"batch_size: expected at least 2, so that a pair has others beside it; got {batch_size}")


def _require_others(n_recordings: int, batch_size: int) -> None:
    if n_recordings < 2:
        raise ValueError(
            "recordings: expected two or more, so that a pair has others beside it; got one: cut it into several files"
        )
    if n_recordings < batch_size:
        warnings.warn(
            f"a batch of {batch_size} pairs holds several of the same recording, of which there are {n_recordings}: a "
            f"contrastive loss pushes them apart. Give batch_size: {n_recordings} or less",
            stacklevel=2,
        )


class SoundDataModule(SynthDataModule):
    """Sounds, or patterns, one by one; see `SynthDataModule`.

    Args:
        synth: source of the sounds.
        batch_size: items a step on each device.
        steps_per_epoch, n_validation_steps, compile, render_ahead: see `SynthDataModule`.
        seed: seed for all random draws.
    """

    def __init__(
        self,
        synth: Synth,
        batch_size: int = 256,
        steps_per_epoch: int = 100,
        n_validation_steps: int = 2,
        seed: int = 0,
        compile: bool = False,
        render_ahead: int = 1,
    ):
        stream = SoundStream(synth, seed)
        super().__init__(stream, batch_size, steps_per_epoch, n_validation_steps, compile, render_ahead)


class LabelledDataModule(SynthDataModule):
    """Sounds and their labels; see `SynthDataModule`.

    Args:
        synth: source of the sounds.
        batch_size: sounds a step on each device.
        steps_per_epoch, n_validation_steps, compile: see `SynthDataModule`.
        seed: seed for all random draws, and for the wording of captions.
        n_tags: number of tags to keep, those with the highest score; none keeps all.
    """

    def __init__(
        self,
        synth: Synth,
        batch_size: int = 256,
        steps_per_epoch: int = 100,
        n_validation_steps: int = 2,
        seed: int = 0,
        compile: bool = False,
        n_tags: int | None = None,
    ):
        stream = LabelledStream(synth, seed, n_tags)
        super().__init__(stream, batch_size, steps_per_epoch, n_validation_steps, compile)


class LabelledPairDataModule(SynthDataModule):
    """Doppelgänger pairs and the labels of their first views; see `SynthDataModule`.

    Args:
        synth: source of the sounds.
        perturbation: step from a theta to each of its two views; None for `Gaussian`.
        batch_size: pairs a step on each device.
        steps_per_epoch, n_validation_steps, compile: see `SynthDataModule`.
        seed, n_tags: see `LabelledDataModule`.
    """

    def __init__(
        self,
        synth: Synth,
        perturbation: Perturbation | None = None,
        batch_size: int = 256,
        steps_per_epoch: int = 100,
        n_validation_steps: int = 2,
        seed: int = 0,
        compile: bool = False,
        n_tags: int | None = None,
    ):
        _require_two_pairs(batch_size)
        stream = LabelledPairStream(synth, perturbation or Gaussian(), seed, n_tags)
        super().__init__(stream, batch_size, steps_per_epoch, n_validation_steps, compile)
