"""Language: what can be said of sounds, and saying it."""

from collections.abc import Iterable

import torch
from torch import Tensor

from doppelganger.labels.captions.clauses import Clauses
from doppelganger.labels.captions.grammar import Grammar
from doppelganger.labels.labels import Events, Fact, Labels, Tag
from doppelganger.labels.leaf_synths import LeafSynth, renumbered
from doppelganger.labels.measure import measurements
from doppelganger.labels.tags.rule import Rule, TagRules
from doppelganger.labels.tags.rules import shared_rules


class Language:
    """Facts, tags, sources and words; all follow from what is measured (`descriptors`) and what leaf_synths know.

    Args:
        leaf_synths: those whose sounds are spoken of; none, and there is only what is measured.
        seed: of the wording of captions.
    """

    def __init__(self, leaf_synths: Iterable[LeafSynth], seed: int):
        leaf_synths = list(leaf_synths)
        nouns: dict[str, tuple[str, ...]] = {}
        for leaf in leaf_synths:
            nouns |= {source: texts for source, texts in leaf.nouns.items() if source not in nouns}
        self.sources = tuple(nouns)
        every = [fact for leaf in leaf_synths for fact in leaf.facts]
        self.facts: tuple[Fact, ...] = tuple({fact.name: fact for fact in (*measurements.FACTS, *every)}.values())
        rules = [*shared_rules(), *(Rule(s, "source", "source", i, i + 1) for i, s in enumerate(self.sources))]
        for leaf in leaf_synths:
            rules += [each for rule in leaf.rules for each in renumbered(rule, leaf, self.sources)]
        self._tag_rules = TagRules(rules, self.facts)
        self._kept = torch.arange(len(self._tag_rules.tags))
        clauses, more = {}, {}
        for leaf in leaf_synths:
            clauses |= getattr(leaf.causes, "CLAUSES", {})
            for slot, some in getattr(leaf.causes, "PHRASES", {}).items():
                more[slot] = [*more.get(slot, ()), *some]
        self.grammar = Grammar(self.facts, nouns, Clauses(clauses, self.sources), more, seed)
        self.tokenizer = self.grammar.tokenizer

    @property
    def tags(self) -> tuple[Tag, ...]:
        """What the columns of `Labels.tags` are."""
        return tuple(self._tag_rules.tags[i] for i in self._kept.tolist())

    def keep(self, tags: Tensor) -> None:
        """Leaves out all tags but these of the present ones, int64 (n_tags,)."""
        self._kept = self._kept[tags]

    def say(self, facts: Tensor, events: Events, index: Tensor) -> Labels:
        """Labels of facts (batch, n_facts) and events, worded by the items' numbers, int64 (batch,)."""
        return Labels(facts, events, lambda: self.tagged(facts), lambda: self.grammar(facts, events, index))

    def tagged(self, facts: Tensor) -> Tensor:
        """Tags of facts (batch, n_facts): bool (batch, n_tags)."""
        self._kept = self._kept.to(facts.device)
        return self._tag_rules(facts)[:, self._kept]
