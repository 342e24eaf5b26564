"""TagRules: facts to tags."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from doppelganger.labels.conditions import Conditions
from doppelganger.labels.labels import Fact, Tag
from doppelganger.labels.tags.rule import Rule


class TagRules:
    """Tags of a batch of sounds, from their facts.

    Args:
        rules: rules; those on facts that are not in `facts` are left out.
        facts: the columns of facts.
    """

    def __init__(self, rules: Iterable[Rule], facts: Sequence[Fact]):
        columns = {fact.name: i for i, fact in enumerate(facts)}
        self.rules = [rule for rule in rules if all(each.fact in columns for each in rule.ranges)]
        tags = [Tag(rule.word, rule.aspect) for rule in self.rules]
        self.tags = tuple(dict.fromkeys(tags))
        self._holds = Conditions([rule.ranges for rule in self.rules], facts)
        number = {tag: i for i, tag in enumerate(self.tags)}
        self._tag = torch.tensor([number[tag] for tag in tags])

    def __call__(self, facts: Tensor) -> Tensor:
        """Facts (batch, n_facts) to tags, bool (batch, n_tags)."""
        holds = self._holds(facts).to(torch.uint8)
        n_rules = torch.zeros(len(facts), len(self.tags), dtype=torch.uint8, device=facts.device)
        self._tag = self._tag.to(facts.device)
        return n_rules.index_add_(1, self._tag, holds).bool()
