"""BaseLabeller: tags and captions from facts."""

from collections.abc import Iterable

import torch
from torch import Tensor

from doppelganger.labels.captions.clauses import Clauses
from doppelganger.labels.captions.grammar import Grammar
from doppelganger.labels.captions.phrases import Phrase
from doppelganger.labels.labels import Events, Fact, Labels, Tag
from doppelganger.labels.leaf_synths import LeafSynth, renumbered
from doppelganger.labels.measure import measurements
from doppelganger.labels.tags.rule import Rule
from doppelganger.labels.tags.rules import shared_rules
from doppelganger.labels.tags.tag_rules import TagRules


class BaseLabeller:
    """The facts, tags, sources and words of labels: those of measurements, and those of the causes of synths.

    Args:
        leaf_synths: synths whose causes are used; without any, labels follow from measurements alone.
        seed: seed for the wording of captions.
    """

    def __init__(self, leaf_synths: Iterable[LeafSynth], seed: int):
        leaf_synths = list(leaf_synths)
        nouns: dict[str, tuple[str, ...]] = {}
        clauses: dict[str, tuple[str, ...]] = {}
        for leaf in leaf_synths:
            nouns |= {source: texts for source, texts in leaf.causes.sources.items() if source not in nouns}
            clauses |= leaf.causes.clauses
        self.sources = tuple(nouns)
        own = [fact for leaf in leaf_synths for fact in leaf.causes.all_facts()]
        self.facts: tuple[Fact, ...] = tuple({fact.name: fact for fact in (*measurements.FACTS, *own)}.values())
        rules = [*shared_rules(), *(Rule(s, "source", "source", i, i + 1) for i, s in enumerate(self.sources))]
        phrases: dict[str, list[Phrase]] = {}
        for leaf in leaf_synths:
            for slot, some in leaf.causes.phrases.items():
                own_phrases = phrases.setdefault(slot, [])
                own_phrases += [each for phrase in some for each in renumbered(phrase, leaf, self.sources)]
            rules += [each for rule in leaf.causes.all_rules() for each in renumbered(rule, leaf, self.sources)]
        self._tag_rules = TagRules(rules, self.facts)
        self._kept = torch.arange(len(self._tag_rules.tags))
        self.grammar = Grammar(self.facts, nouns, Clauses(clauses, self.sources), phrases, seed)
        self.tokenizer = self.grammar.tokenizer

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The columns of `Labels.tags`."""
        return tuple(self._tag_rules.tags[i] for i in self._kept.tolist())

    def keep_tags(self, tags: Tensor) -> None:
        """Keeps only these of the present tags, int64 (n_tags,)."""
        self._kept = self._kept[tags]

    def labels_of(self, facts: Tensor, events: Events, index: Tensor) -> Labels:
        """Labels of facts (batch, n_facts) and events; index, int64 (batch,), chooses the wording."""
        return Labels(facts, events, lambda: self.tags_of(facts), lambda: self.grammar(facts, events, index))

    def tags_of(self, facts: Tensor) -> Tensor:
        """Tags of facts (batch, n_facts): bool (batch, n_tags)."""
        self._kept = self._kept.to(facts.device)
        return self._tag_rules(facts)[:, self._kept]
