"""Grammar: captions of one to three sentences from facts."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from doppelganger.labels.captions import likenesses, phrases
from doppelganger.labels.captions.clauses import N_CLAUSES, Clauses, Number, table
from doppelganger.labels.captions.phrases import Phrase
from doppelganger.labels.captions.sentences import GROUPS, SENTENCES, SLOT
from doppelganger.labels.captions.tokenizer import BEGIN, END, SPECIALS, Tokenizer
from doppelganger.labels.conditions import Conditions
from doppelganger.labels.labels import Events, Fact
from synths import random

N_TOKENS = 80
_N_SENTENCES = 3


class Grammar:
    """Captions of a batch of facts, without a loop over sounds.

    A caption is up to three sentences of `captions.sentences`. Each slot of a sentence takes the first of its phrases
    that holds; none holds for an inaudible fact, which is nan. Within half a step of the edge between two phrases
    (`Fact.step`, the just noticeable difference) either may be used, by the item's number. So the captions of two
    sounds with one number, such as doppelgängers, differ only where a fact differs by more than a step, or lies so
    near an edge that both phrases are right.

    Args:
        facts: the columns of facts.
        nouns: source -> its nouns.
        clauses: clauses of the sources of scenes.
        own_phrases: slot -> phrases, tried before those of `phrases.SLOTS`.
        seed: seed for the wording.
    """

    def __init__(
        self,
        facts: Sequence[Fact],
        nouns: Mapping[str, Sequence[str]],
        clauses: Clauses,
        own_phrases: Mapping[str, Sequence[Phrase]],
        seed: int = 0,
    ):
        names = {fact.name for fact in facts}
        slots: dict[str, Sequence[Phrase]] = {"noun": _nouns(nouns), "like": likenesses.PHRASES, **phrases.SLOTS}
        slots |= {slot: (*each, *slots.get(slot, ())) for slot, each in own_phrases.items()}
        slots = {s: [p for p in each if {r.fact for r in p.ranges} <= names] for s, each in slots.items()}
        self.slots = {slot: each for slot, each in slots.items() if each}
        self.facts, self.seed, self._clauses = tuple(facts), seed, clauses
        every = [phrase for each in self.slots.values() for phrase in each]
        variants = [SLOT.sub("", variant) for each in SENTENCES for variant in each]
        texts = [*(text for phrase in every for text in phrase.texts), *clauses.vocabulary(), *variants]
        self.tokenizer = Tokenizer([*SPECIALS, *sorted({word for text in texts for word in _words(text)} | {"and"})])
        clauses.build(self._numbers)
        self._conditions = Conditions([phrase.ranges for phrase in every], facts)
        self._words = {s: table([(), *(p.texts for p in each)], self._numbers) for s, each in self.slots.items()}
        self._step = torch.tensor([fact.step for fact in facts])
        self._ratio = torch.tensor([fact.ratio for fact in facts])
        # Choices and counts have no values near an edge.
        discrete = [fact.unit == "choice" or fact.is_count for fact in facts]
        self._continuous = ~torch.tensor(discrete)
        self._n_events = next((i for i, fact in enumerate(facts) if fact.name == "n_events"), None)

    def __call__(self, facts: Tensor, events: Events, index: Tensor) -> Tensor:
        """Captions: int64 (batch, N_TOKENS).

        Args:
            facts: (batch, n_facts).
            events: audible events.
            index: int64 (batch,), numbers of the items, which choose the wording.
        """
        filled = self.fill(self.jitter(facts, index), events, index)
        n_variants = [len(variants) for variants in SENTENCES]
        chance = random.uniform(index, sum(n_variants), seed=self.seed, stream="sentences").split(n_variants, dim=1)
        parts = [_sentence(*each, filled, self._numbers) for each in zip(SENTENCES, chance, strict=True)]
        # At most three sentences, each of them whole.
        lengths = torch.stack([(part != 0).sum(dim=1) for part in parts], dim=1)
        fits = ((lengths > 0).cumsum(dim=1) <= _N_SENTENCES) & (lengths.cumsum(dim=1) <= N_TOKENS - 2)
        parts = [part * fits[:, i, None] for i, part in enumerate(parts)]
        begin = torch.full_like(index, BEGIN)[:, None]
        caption = squeezed(torch.cat([begin, *parts], dim=1))
        caption = torch.nn.functional.pad(caption, (0, max(0, N_TOKENS - caption.shape[1])))[:, :N_TOKENS]
        return caption.scatter(1, (caption != 0).sum(dim=1, keepdim=True), END)

    def jitter(self, facts: Tensor, index: Tensor) -> Tensor:
        """Facts moved up or down by at most half a step, by the item's number: (batch, n_facts)."""
        step, ratio, continuous = (x.to(facts.device) for x in (self._step, self._ratio, self._continuous))
        steps = random.uniform(index, len(self.facts), seed=self.seed, stream="edges") - 0.5
        moved = torch.where(ratio, facts * step**steps, facts + step * steps)
        return torch.where(continuous, moved, facts)

    def fill(self, facts: Tensor, events: Events, index: Tensor) -> dict[str, Tensor]:
        """Words of every slot: int64 (batch, n_words), 0 where the slot is empty."""
        holds = self._conditions(facts)
        chance = random.uniform(index, len(self.slots), seed=self.seed, stream="synonyms")
        clauses = random.uniform(index, 2 * N_CLAUSES, seed=self.seed, stream="clauses")
        filled, start = {}, 0
        for i, (slot, each) in enumerate(self.slots.items()):
            words, n_texts = (x.to(facts.device) for x in self._words[slot])
            some = holds[:, start : start + len(each)]
            start += len(each)
            phrase = (some.int().argmax(dim=1) + 1) * some.any(dim=1)
            text = (chance[:, i] * n_texts[phrase]).long()
            filled[slot] = words[phrase, text]
        # Clauses name the sources of a scene, a noun the source of a note.
        if self._n_events is not None:
            scene = ~facts[:, self._n_events, None].isnan()
            filled |= self._clauses(events._replace(active=events.active & scene), clauses)
        if "clause_1" in filled:
            filled["noun"] = filled["noun"] * (filled["clause_1"].sum(dim=1, keepdim=True) == 0)
        for group, members in GROUPS.items():
            filled[group] = self._list([filled[slot] for slot in members if slot in filled])
        return filled

    def _list(self, parts: list[Tensor]) -> Tensor:
        """Parts as a list: "a", "a and b", "a, b and c"."""
        comma, and_ = self.tokenizer.number(","), self.tokenizer.number("and")
        there = torch.stack([(part != 0).any(dim=1) for part in parts], dim=1).long()
        before, after = there.cumsum(dim=1) - there, there.flip(1).cumsum(dim=1).flip(1) - there
        link = torch.where(after > 0, comma, and_) * (there * before > 0)
        return torch.cat([x for i, part in enumerate(parts) for x in (link[:, i, None], part)], dim=1)

    def _numbers(self, text: str) -> list[int]:
        return [self.tokenizer.number(word) for word in _words(text)]


def _words(text: str) -> list[str]:
    """Words of a text; "an" is encoded as "a"."""
    return ["a" if word == "an" else word for word in text.split()]


def _nouns(nouns: Mapping[str, Sequence[str]]) -> list[Phrase]:
    """Nouns of sources; for sounds without, nouns that follow from measurements."""
    named = [Phrase(tuple(each), "source", i, i + 1) for i, each in enumerate(nouns.values()) if each]
    return [
        *named,
        phrases.one("noise/noise sound", "noise_share", 0.6),
        phrases.one("tone/note", "harmonicity", 0.7),
        phrases.one("sound", "level_db"),
    ]


def _sentence(variants: Sequence[str], chance: Tensor, filled: Mapping[str, Tensor], number: Number) -> Tensor:
    """One of the variants whose needed slots are filled, 0 where there is none: int64 (batch, n_words)."""
    options, scores = [], []
    for i, variant in enumerate(variants):
        needs = [slot for slot, optional in SLOT.findall(variant) if not optional]
        if not all(slot in filled for slot in needs):
            continue
        can = torch.stack([(filled[slot] != 0).any(dim=1) for slot in needs]).all(dim=0)
        pieces = [_piece(word, filled, number, can) for word in variant.split()]
        options.append(torch.cat([piece for piece in pieces if piece is not None], dim=1) * can[:, None])
        # The most needed slots win; chance, below 1, decides among equals.
        scores.append(can * (len(needs) + chance[:, i]))
    if not options:
        return torch.zeros(len(chance), 1, dtype=torch.int64, device=chance.device)
    width = max(option.shape[1] for option in options)
    padded = torch.stack([torch.nn.functional.pad(option, (0, width - option.shape[1])) for option in options])
    best = torch.stack(scores).argmax(dim=0)
    return padded.gather(0, best[None, :, None].expand(1, -1, width))[0]


def _piece(word: str, filled: Mapping[str, Tensor], number: Number, can: Tensor) -> Tensor | None:
    slot = SLOT.fullmatch(word)
    if slot:
        return filled.get(slot[1])
    return torch.tensor(number(word), device=can.device).expand(len(can), -1)


def squeezed(words: Tensor) -> Tensor:
    """Words (batch, n) with the zeros between them moved to the end."""
    return words.gather(1, (words == 0).int().argsort(dim=1, stable=True))
