"""Labeller: labels of a synth's sounds, from theta and from the waveform."""

import warnings
from collections.abc import Mapping

import torch
from torch import Tensor

from doppelganger.index_ranges import TAG_SAMPLE
from doppelganger.labels.base_labeller import BaseLabeller
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.labels import Events, Labels, no_events
from doppelganger.labels.leaf_synths import leaf_synths
from doppelganger.labels.measure import measurements
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.tag_scores import tag_scores
from synths.compiling import compiled_or_eager
from synths.synth import AudioSynth, Synth

# Number of sounds that n_tags are chosen on, and how many are rendered at once.
_N_SAMPLE, _BLOCK = 2048, 64


class Labeller(BaseLabeller):
    """Facts, tags, captions and events of a synth's sounds.

    Tags and captions follow from facts: those measured on the waveform (`measure`), and those that theta determines
    (`causes`), kept where the measured ones confirm that they are audible. A fact that is inaudible, or not a single
    number, is nan and gives no tag and no text.

    Args:
        synth: synth of waveforms; each sound of a bank is labelled as a sound of the chosen synth.
        seed: seed for the sample that `n_tags` is chosen on, and for the wording of captions.
        n_tags: number of tags to keep, by their scores (`tag_scores`) on 2,048 sounds of the synth; None keeps all.
        causes: causes of synth classes; without, those of `find_causes`.

    Raises:
        ValueError: a synth of patterns, or n_tags below 1.
    """

    def __init__(
        self,
        synth: Synth,
        seed: int = 0,
        n_tags: int | None = None,
        causes: Mapping[type[AudioSynth], Causes] | None = None,
    ):
        if not isinstance(synth, AudioSynth):
            raise ValueError(
                f"labels need a waveform: expected a synth of sounds; got {synth.short_name()}, which makes "
                "spectrograms. Use a synth of `python -m synths list` that is not a pattern"
            )
        if n_tags is not None and n_tags < 1:
            raise ValueError(f"n_tags: expected at least 1, or none for all; got {n_tags}")
        self.synth = synth
        self._leaf_synths = list(leaf_synths(synth, causes or {}))
        without = sorted({leaf.name for leaf in self._leaf_synths if not leaf.has_causes})
        if without:
            warnings.warn(
                f"no causes of {', '.join(without)}: the labels are measured only, see docs/adding.md",
                stacklevel=2,
            )
        super().__init__(self._leaf_synths, seed)
        self._numbers = {
            leaf: torch.tensor([self.sources.index(source) for source in leaf.sources]) for leaf in self._leaf_synths
        }
        self._measure = measurements.measure_block
        self._n_events = max(leaf.n_events for leaf in self._leaf_synths)
        self._column = {fact.name: i for i, fact in enumerate(self.facts)}
        if n_tags is not None:
            self.keep_tags(self._best_tags(n_tags, seed))

    def __call__(self, index: Tensor, theta: Tensor, sound: Tensor) -> Labels:
        """Labels of sounds.

        Args:
            index: int64 (batch,), numbers of the items, which choose the wording of captions.
            theta: (batch, n_parameters) in [0, 1].
            sound: (batch, n_samples), rendered from theta.

        Raises:
            ValueError: sounds of another shape.
        """
        if sound.shape != (len(theta), *self.synth.shape) or index.shape != (len(theta),):
            raise ValueError(
                f"expected index ({len(theta)},) and sound ({len(theta)}, {self.synth.shape[0]}) for theta of "
                f"{tuple(theta.shape)}; got {tuple(index.shape)} and {tuple(sound.shape)}"
            )
        with torch.no_grad(), torch.autocast(sound.device.type, enabled=False):
            measured = measurements.measure(sound, self.synth.sample_rate, self._measure)
            facts, events = self._facts_and_events(theta, measured)
        return self.labels_of(facts, events, index)

    def compile(self, *args, **kwargs) -> None:
        """Compiles the measurements; arguments go to torch.compile.

        Without a compiler (C++ on a CPU), warns once and measures in eager mode.
        """
        self._measure = compiled_or_eager(measurements.measure_block, "measurements", *args, **kwargs)

    def _facts_and_events(self, theta: Tensor, measured: Measurements) -> tuple[Tensor, Events]:
        """Facts (batch, n_facts) and events of sounds, each row by the causes of its leaf synth."""
        physical = self.synth.space.to_physical(theta)
        leaf_of = self._leaf_of(physical)
        order = leaf_of.argsort(stable=True)
        physical, measured = physical[order], measured.rows(order)
        facts = torch.full((len(theta), len(self.facts)), torch.nan, device=theta.device)
        facts[:, : len(measurements.FACTS)] = measured.values
        events = no_events(len(theta), self._n_events, theta.device)
        end = 0
        n_leaves = len(self._leaf_synths)
        # The number of rows of each leaf waits for the GPU.
        counts = leaf_of.bincount(minlength=n_leaves).tolist() if n_leaves > 1 else [len(theta)]
        for leaf, n in zip(self._leaf_synths, counts, strict=True):
            rows = slice(end, end := end + n)
            if not n:
                continue
            numbers = self._numbers[leaf].to(theta.device)
            found, some_events = leaf.facts_and_events(physical[rows, leaf.columns], measured.rows(rows), numbers)
            columns = torch.tensor([self._column[name] for name in found], device=theta.device)
            facts[rows].index_copy_(1, columns, torch.stack([value.float() for value in found.values()], dim=1))
            for all_, some in zip(events, some_events, strict=True):
                all_[rows, : some.shape[1]] = some
        silent = measured.facts["level_db"].isnan()[:, None]
        back = order.argsort()
        facts = facts.masked_fill_(silent, torch.nan)[back]
        return facts, Events(*(x[back] for x in events._replace(active=events.active & ~silent)))

    def _leaf_of(self, physical: Tensor) -> Tensor:
        """Number of the leaf synth of each row, int64 (batch,)."""
        chosen = torch.zeros(len(physical), dtype=torch.int64, device=physical.device)
        for i, leaf in enumerate(self._leaf_synths):
            mine = torch.ones_like(chosen, dtype=torch.bool)
            for choice, number, last in leaf.choices:
                mine &= physical[:, choice].long().clamp(0, last) == number
            chosen = torch.where(mine, i, chosen)
        return chosen

    def _best_tags(self, n_tags: int, seed: int) -> Tensor:
        df = torch.zeros(len(self.tags), dtype=torch.int64)
        for index in (TAG_SAMPLE + torch.arange(_N_SAMPLE)).split(_BLOCK):
            theta = self.synth.sample(index, seed)
            with torch.no_grad():
                sound = self.synth.render(theta, self.synth.noise_key(index, seed))
                facts, _ = self._facts_and_events(theta, measurements.measure(sound, self.synth.sample_rate))
            df += self.tags_of(facts).sum(dim=0)
        scores = tag_scores(df, _N_SAMPLE)
        return scores.argsort(descending=True, stable=True)[:n_tags].sort().values
