"""Labeller: everything that is known of a synth's sounds, in one call."""

import warnings

import torch
from torch import Tensor

from doppelganger.labels.labels import Events, Labels, no_events
from doppelganger.labels.language import Language
from doppelganger.labels.leaf_synths import leaf_synths
from doppelganger.labels.measure import measurements
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.scores import tag_scores
from synths.compiling import compiled_or_eager
from synths.synth import AudioSynth, Synth

# Sounds that n_tags are chosen by, far from those of training, validation and test.
_FIRST, _N_SAMPLE, _BLOCK = 5 * 2**40, 2048, 64


class Labeller(Language):
    """Tags, facts, captions and events of a synth's sounds: what theta says, as far as it can be heard.

    Everything follows from the facts: those measured on the waveform (`descriptors`), and those that only theta
    knows (`causes`), kept where the measured ones say that they can be heard. A fact that cannot be heard, or not in
    one number, is nan: there is no tag, no word and no number of it.

    Args:
        synth: of sounds; of a bank, every row is labelled as what the chosen synth plays.
        seed: of the sample that `n_tags` are chosen by, and of the wording of captions.
        n_tags: keep this many tags, those with the most to learn from (`tag_scores`) among 2,048 sounds
            of the synth; none is all.

    Raises:
        ValueError: a synth of patterns, or n_tags below 1.
    """

    def __init__(self, synth: Synth, seed: int = 0, n_tags: int | None = None):
        if not isinstance(synth, AudioSynth):
            raise ValueError(
                f"labels say what can be heard: expected a synth of sounds; got {synth.short_name()}, which makes "
                "pictures. Use a synth of `python -m synths list` that is no pattern"
            )
        if n_tags is not None and n_tags < 1:
            raise ValueError(f"n_tags must be at least 1, or none for all; got {n_tags}")
        self.synth = synth
        self._players = list(leaf_synths(synth))
        without = sorted({leaf.name for leaf in self._players if leaf.causes is None})
        if without:
            warnings.warn(
                f"no file in doppelganger/labels/causes for {', '.join(without)}: its labels are measured only",
                stacklevel=2,
            )
        super().__init__(self._players, seed)
        self._numbers = {p: torch.tensor([self.sources.index(s) for s in p.sources]) for p in self._players}
        self._measure = measurements.measure_block
        self._n_events = max(leaf.n_events for leaf in self._players)
        self._column = {fact.name: i for i, fact in enumerate(self.facts)}
        if n_tags is not None:
            self.keep(self._best(n_tags, seed))

    def __call__(self, index: Tensor, theta: Tensor, sound: Tensor) -> Labels:
        """Labels of sounds.

        Args:
            index: int64 (batch,), the items' numbers, of which the wording of captions follows.
            theta: (batch, n_parameters) in [0, 1].
            sound: (batch, n_samples), what the synth makes of theta.

        Raises:
            ValueError: sounds of another shape.
        """
        if sound.shape != (len(theta), *self.synth.shape) or index.shape != (len(theta),):
            raise ValueError(
                f"expected index ({len(theta)},) and sound ({len(theta)}, {self.synth.shape[0]}) for theta of "
                f"{tuple(theta.shape)}; got {tuple(index.shape)} and {tuple(sound.shape)}"
            )
        with torch.no_grad(), torch.autocast(sound.device.type, enabled=False):
            facts, events = self._known(theta, measurements.measure(sound, self.synth.sample_rate, self._measure))
        return self.say(facts, events, index)

    def compile(self, *args, **kwargs) -> None:
        """From now on listen with one compiled kernel; arguments go to torch.compile.

        Where nothing can be compiled (no C++ compiler, say), warns once and listens eagerly.
        """
        self._measure = compiled_or_eager(measurements.measure_block, "hearing", *args, **kwargs)

    def _known(self, theta: Tensor, heard: Measurements) -> tuple[Tensor, Events]:
        """Facts (batch, n_facts) and events of sounds, each row as its leaf knows it."""
        physical = self.synth.space.to_physical(theta)
        player_of = self._player_of(physical)
        order = player_of.argsort(stable=True)
        physical, heard = physical[order], heard.rows(order)
        facts = torch.full((len(theta), len(self.facts)), torch.nan, device=theta.device)
        facts[:, : len(measurements.FACTS)] = heard.values
        events = no_events(len(theta), self._n_events, theta.device)
        end = 0
        # A GPU is waited for here, to know how many each plays.
        for leaf, n in zip(self._players, player_of.bincount(minlength=len(self._players)).tolist(), strict=True):
            rows = slice(end, end := end + n)
            if not n:
                continue
            numbers = self._numbers[leaf].to(theta.device)
            found, sounding = leaf.known(physical[rows, leaf.columns], heard.rows(rows), numbers)
            columns = torch.tensor([self._column[name] for name in found], device=theta.device)
            facts[rows].index_copy_(1, columns, torch.stack([value.float() for value in found.values()], dim=1))
            for all_, some in zip(events, sounding, strict=True):
                all_[rows, : some.shape[1]] = some
        silent = heard.facts["level_db"].isnan()[:, None]
        back = order.argsort()
        facts = facts.masked_fill_(silent, torch.nan)[back]
        return facts, Events(*(x[back] for x in events._replace(active=events.active & ~silent)))

    def _player_of(self, physical: Tensor) -> Tensor:
        """Which leaf plays each row, int64 (batch,)."""
        chosen = torch.zeros(len(physical), dtype=torch.int64, device=physical.device)
        for i, leaf in enumerate(self._players):
            mine = torch.ones_like(chosen, dtype=torch.bool)
            for choice, number, last in leaf.choices:
                mine &= physical[:, choice].long().clamp(0, last) == number
            chosen = torch.where(mine, i, chosen)
        return chosen

    def _best(self, n_tags: int, seed: int) -> Tensor:
        df = torch.zeros(len(self.tags), dtype=torch.int64)
        for index in (_FIRST + torch.arange(_N_SAMPLE)).split(_BLOCK):
            theta = self.synth.sample(index, seed)
            with torch.no_grad():
                sound = self.synth.render(theta, self.synth.noise_key(index, seed))
                facts, _ = self._known(theta, measurements.measure(sound, self.synth.sample_rate))
            df += self.tagged(facts).sum(dim=0)
        scores = tag_scores(df, _N_SAMPLE)
        return scores.argsort(descending=True, stable=True)[:n_tags].sort().values
