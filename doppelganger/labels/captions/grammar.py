"""Grammar: one to three sentences from facts, in words that follow from the item's number."""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from doppelganger.labels.captions import likenesses, phrases, sentences
from doppelganger.labels.captions.clauses import N_CLAUSES, Clauses, Number, table
from doppelganger.labels.captions.phrases import Phrase
from doppelganger.labels.captions.tokenizer import BEGIN, END, SPECIALS, Tokenizer
from doppelganger.labels.conditions import Conditions
from doppelganger.labels.labels import Events, Fact
from synths import random

N_TOKENS = 80

_SENTENCES = (sentences.SCENE, sentences.SOUND, sentences.TIME, sentences.MOTION, sentences.SPACE)
_N_SENTENCES = 3


class Grammar:
    """Captions of facts, a batch at a time, and without a loop over sounds.

    A caption is a handful of sentences, a sentence some slots and words between them, and a slot says the first of
    its phrases that holds. A fact that cannot be heard is nan: no phrase of it holds. Within half a step of an edge
    between two phrases (`Fact.step`, what one just notices) either may be said, and the item's number says which.
    So two sounds with one number, such as doppelgängers, are described with different words only where a fact
    differs by more than a step, or lies so near an edge that both words are right.

    Args:
        facts: what the columns of facts are.
        nouns: for every source its nouns.
        clauses: what sources do in scenes.
        more: slot -> phrases, beside those of `phrases.SLOTS`.
        seed: of the wording.
    """

    def __init__(
        self,
        facts: Sequence[Fact],
        nouns: Mapping[str, Sequence[str]],
        clauses: Clauses,
        more: Mapping[str, Sequence[Phrase]],
        seed: int = 0,
    ):
        known = {fact.name for fact in facts}
        self.slots = {"noun": _nouns(nouns), "like": list(likenesses.PHRASES)}
        self.slots |= {slot: list(each) for slot, each in phrases.SLOTS.items()}
        for slot, each in more.items():
            self.slots[slot] = [*each, *self.slots.get(slot, ())]
        self.slots = {s: [p for p in each if {r.fact for r in p.ranges} <= known] for s, each in self.slots.items()}
        self.slots = {slot: each for slot, each in self.slots.items() if each}
        self.facts, self.seed, self._clauses = tuple(facts), seed, clauses
        every = [phrase for each in self.slots.values() for phrase in each]
        variants = [text for each in _SENTENCES for text in each]
        texts = [*(t for p in every for t in p.texts), *clauses.vocabulary(), *(_SLOT.sub("", v) for v in variants)]
        words = {word for text in texts for word in text.split()} | {"and"}
        self.tokenizer = Tokenizer([*SPECIALS, *sorted(words)])
        clauses.build(self._numbers)
        self._conditions = Conditions([phrase.ranges for phrase in every], facts)
        self._words = {s: table([(), *(p.texts for p in each)], self._numbers) for s, each in self.slots.items()}
        self._step = torch.tensor([fact.step for fact in facts])
        self._ratio = torch.tensor([fact.ratio for fact in facts])
        # Choices and counts have no edge to be near to.
        counted = [fact.unit == "choice" or (fact.unit == "none" and fact.step >= 1) for fact in facts]
        self._smooth = ~torch.tensor(counted)
        self._n_events = next((i for i, fact in enumerate(facts) if fact.name == "n_events"), None)

    def __call__(self, facts: Tensor, events: Events, index: Tensor) -> Tensor:
        """Captions of facts (batch, n_facts): int64 (batch, N_TOKENS).

        Args:
            events: that are heard.
            index: int64 (batch,), the items' numbers, of which the wording follows.
        """
        said = self.say(self.near(facts, index), events, index)
        n_variants = [len(variants) for variants in _SENTENCES]
        chance = random.uniform(index, sum(n_variants), seed=self.seed, stream="sentences").split(n_variants, dim=1)
        parts = [_sentence(*each, said, self._numbers) for each in zip(_SENTENCES, chance, strict=True)]
        # At most three, and what does not fit is not begun.
        lengths = torch.stack([(part != 0).sum(dim=1) for part in parts], dim=1)
        fits = ((lengths > 0).cumsum(dim=1) <= _N_SENTENCES) & (lengths.cumsum(dim=1) <= N_TOKENS - 2)
        parts = [part * fits[:, i, None] for i, part in enumerate(parts)]
        begin = torch.full_like(index, BEGIN)[:, None]
        caption = squeezed(torch.cat([begin, *parts], dim=1))
        caption = torch.nn.functional.pad(caption, (0, max(0, N_TOKENS - caption.shape[1])))[:, :N_TOKENS]
        return caption.scatter(1, (caption != 0).sum(dim=1, keepdim=True), END)

    def near(self, facts: Tensor, index: Tensor) -> Tensor:
        """Facts moved by up to half a step to either side, as the item's number says: (batch, n_facts)."""
        step, ratio, smooth = (x.to(facts.device) for x in (self._step, self._ratio, self._smooth))
        aside = random.uniform(index, len(self.facts), seed=self.seed, stream="edges") - 0.5
        moved = torch.where(ratio, facts * step**aside, facts + step * aside)
        return torch.where(smooth, moved, facts)

    def say(self, facts: Tensor, events: Events, index: Tensor) -> dict[str, Tensor]:
        """What every slot says: int64 (batch, n_words), 0 where there is nothing to say."""
        holds = self._conditions(facts)
        chance = random.uniform(index, len(self.slots), seed=self.seed, stream="synonyms")
        clauses = random.uniform(index, 2 * N_CLAUSES, seed=self.seed, stream="clauses")
        said, start = {}, 0
        for i, (slot, each) in enumerate(self.slots.items()):
            words, n_texts = (x.to(facts.device) for x in self._words[slot])
            some = holds[:, start : start + len(each)]
            start += len(each)
            phrase = (some.int().argmax(dim=1) + 1) * some.any(dim=1)
            text = (chance[:, i] * n_texts[phrase]).long()
            said[slot] = words[phrase, text]
        # A scene says itself who sounds; a note has a noun.
        if self._n_events is not None:
            scene = ~facts[:, self._n_events, None].isnan()
            said |= self._clauses(events._replace(active=events.active & scene), clauses)
        if "clause_1" in said:
            said["noun"] = said["noun"] * (said["clause_1"].sum(dim=1, keepdim=True) == 0)
        for group, members in phrases.GROUPS.items():
            said[group] = self._joined([said[slot] for slot in members if slot in said])
        return said

    def _joined(self, parts: list[Tensor]) -> Tensor:
        """Parts one after the other, "and" between."""
        and_, words, before = self.tokenizer.number("and"), [], None
        for part in parts:
            there = (part != 0).any(dim=1, keepdim=True)
            words += [part] if before is None else [(there & before) * and_, part]
            before = there if before is None else before | there
        return torch.cat(words, dim=1)

    def _numbers(self, text: str) -> list[int]:
        return [self.tokenizer.number(word) for word in text.split()]


_SLOT = re.compile(r"\{(\w+)(\??)\}")


def _nouns(nouns: Mapping[str, Sequence[str]]) -> list[Phrase]:
    """Nouns of sources; and of what has none, by what is heard."""
    named = [Phrase(tuple(each), "source", i, i + 1) for i, each in enumerate(nouns.values())]
    return [
        *(phrase for phrase in named if phrase.texts),
        phrases.one("noise/burst of noise", "noise_share", 0.6),
        phrases.one("tone/note", "harmonicity", 0.7),
        phrases.one("sound", "level_db"),
    ]


def _sentence(variants: Sequence[str], chance: Tensor, said: Mapping[str, Tensor], number: Number) -> Tensor:
    """One of the variants that can be said, 0 where none can: int64 (batch, n_words)."""
    options, scores = [], []
    for i, variant in enumerate(variants):
        needs = [slot for slot, optional in _SLOT.findall(variant) if not optional]
        if not all(slot in said for slot in needs):
            continue
        can = torch.stack([(said[slot] != 0).any(dim=1) for slot in needs]).all(dim=0)
        pieces = [_piece(word, said, number, can) for word in variant.split()]
        options.append(torch.cat([piece for piece in pieces if piece is not None], dim=1) * can[:, None])
        # Of those that need most, one by chance.
        scores.append(can * (len(needs) + chance[:, i]))
    if not options:
        return torch.zeros(len(chance), 1, dtype=torch.int64, device=chance.device)
    width = max(option.shape[1] for option in options)
    padded = torch.stack([torch.nn.functional.pad(option, (0, width - option.shape[1])) for option in options])
    best = torch.stack(scores).argmax(dim=0)
    return padded.gather(0, best[None, :, None].expand(1, -1, width))[0]


def _piece(word: str, said: Mapping[str, Tensor], number: Number, can: Tensor) -> Tensor | None:
    slot = _SLOT.fullmatch(word)
    if slot:
        return said.get(slot[1])
    return torch.tensor(number(word), device=can.device).expand(len(can), -1)


def squeezed(words: Tensor) -> Tensor:
    """Words (batch, n) without the zeros between them, which come last."""
    return words.gather(1, (words == 0).int().argsort(dim=1, stable=True))
