"""Clauses of captions: the sources of a scene, in order of time."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from doppelganger.labels.labels import Events

N_CLAUSES = 4

_TIMES = ("", "", "twice", "three times", "several times")
_THEN = (", then", ", and then", ", and later", ", and after that")
# For the second, the third and the fourth clause.
_WHILE = (("while", "as"), (", and meanwhile", ", and at the same time"), (", while", ", as"))

Number = Callable[[str], list[int]]


class Clauses:
    """Texts of the slots of the sentence SCENE.

    Args:
        texts: source -> clauses such as "rain falls"; sources without are not mentioned.
        sources: sources in the order of `Events.source`.
    """

    def __init__(self, texts: Mapping[str, Sequence[str]], sources: Sequence[str]):
        self.texts = [tuple(texts.get(source, ())) for source in sources]

    def vocabulary(self) -> list[str]:
        """Every text of clauses and of their links."""
        return [text for each in (*self.texts, _TIMES, _THEN, *_WHILE) for text in each]

    def build(self, number: Number) -> None:
        """Makes the tables of words; `number` gives the numbers of the words of a text."""
        self._clause, self._n_texts = table(self.texts, number)
        self._times = table([_TIMES], number)[0][0]
        self._then, *self._while = table([_THEN, *(each * 2 for each in _WHILE)], number)[0]

    def __call__(self, events: Events, chance: Tensor) -> dict[str, Tensor]:
        """Words of the slots of SCENE.

        Args:
            events: audible events.
            chance: (batch, at least 2 * N_CLAUSES) in [0, 1), for the choice of synonyms.

        Returns:
            slot -> int64 (batch, n_words), 0 where the slot is empty.
        """
        if not any(self.texts):
            return {}
        device = chance.device
        clause, n_texts, times, then, *meanwhile = (
            x.to(device) for x in (self._clause, self._n_texts, self._times, self._then, *self._while)
        )
        number = torch.arange(len(clause), device=device)
        is_of = (events.source[:, :, None] == number) & events.active[:, :, None] & (n_texts > 0)
        first_s = torch.where(is_of, events.onset_s[:, :, None], torch.inf).amin(dim=1)
        last_s = torch.where(is_of, events.offset_s[:, :, None], -torch.inf).amax(dim=1)
        count = is_of.sum(dim=1).clamp_max(len(times) - 1)
        first_s, order = first_s.sort(dim=1, stable=True)
        there = first_s < torch.inf
        words = {}
        for i in range(min(N_CLAUSES, len(clause))):
            source, filled = order[:, i], there[:, i, None]
            text = (chance[:, 2 * i] * n_texts[source]).long().clamp_min(0)
            words[f"clause_{i + 1}"] = clause[source, text] * filled
            words[f"times_{i + 1}"] = times[count.gather(1, source[:, None])[:, 0]] * filled
            if i:
                before = order[:, i - 1 : i]
                overlaps = first_s[:, i, None] < last_s.gather(1, before)
                link = (chance[:, 2 * i + 1] * len(then)).long()
                words[f"link_{i + 1}"] = torch.where(overlaps, meanwhile[i - 1][link], then[link]) * filled
        return words


def table(texts: Sequence[Sequence[str]], number: Number) -> tuple[Tensor, Tensor]:
    """Numbers of the words of synonyms: int64 (n, most synonyms, most words), padded by 0; and synonyms each, (n,)."""
    numbers = [[number(text) for text in each] for each in texts]
    n_texts = max(1, max((len(each) for each in numbers), default=1))
    n_words = max(1, max((len(words) for each in numbers for words in each), default=1))
    out = torch.zeros(len(texts), n_texts, n_words, dtype=torch.int64)
    for i, each in enumerate(numbers):
        for j, words in enumerate(each):
            out[i, j, : len(words)] = torch.tensor(words, dtype=torch.int64)
    return out, torch.tensor([len(each) for each in numbers])
