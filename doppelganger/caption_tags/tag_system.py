"""The Unified Tag System: from the tags of clips to a vocabulary, and the clips that it labels.

Source: Zhou et al., Unlocking Strong Supervision: A Data-Centric Study of General-Purpose Audio Pre-Training Methods,
CVPR 2026, arXiv 2603.25767.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import torch

from doppelganger.labels.tags.tag_scores import tag_scores

_MOST_WORDS, _LONGEST = 3, 40  # words and characters of a tag; what is longer is a sentence


class ScoredTag(NamedTuple):
    """A tag of a vocabulary, the number of clips that have it, and its score."""

    name: str
    df: int
    score: float


def best_tags(clips: Sequence[Iterable[str]], k: int) -> list[ScoredTag]:
    """The k tags with the highest scores, best first, equal ones by name.

    Args:
        clips: tags of every clip, clips without tags included.
        k: greatest number of tags.

    Raises:
        ValueError: k is below 1.
    """
    if k < 1:
        raise ValueError(f"expected at least one tag to keep; got k = {k}")
    df = Counter(chain.from_iterable(set(tags) for tags in clips))
    names = sorted(df)
    scores = tag_scores(torch.tensor([df[name] for name in names], dtype=torch.int64), len(clips)).tolist()
    scored = [ScoredTag(name, df[name], score) for name, score in zip(names, scores, strict=True)]
    # The names are in order, and sorting leaves equals as they are.
    return sorted(scored, key=lambda tag: -tag.score)[:k]


def keep_known(clips: Iterable[Iterable[str]], vocabulary: Iterable[ScoredTag]) -> Iterator[tuple[int, list[str]]]:
    """Number and tags of every clip that has a tag of the vocabulary, without its other tags.

    Args:
        clips: tags of every clip.
        vocabulary: from `best_tags`.
    """
    known = {tag.name for tag in vocabulary}
    for number, tags in enumerate(clips):
        if kept := [tag for tag in dict.fromkeys(tags) if tag in known]:
            yield number, kept


def tidy_tag(text: str) -> str:
    """A tag as the vocabulary spells it: lower case, words joined by hyphens; "" for what is no tag.

    So "Lo_Fi", "lo fi" and "lo-fi." are one tag.
    """
    words = unicodedata.normalize("NFKC", text).casefold().replace("_", " ").replace("-", " ").split()
    tidy = [word for word in map(_trim, words) if word]
    tag = "-".join(tidy)
    return tag if len(tidy) <= _MOST_WORDS and len(tag) <= _LONGEST else ""


def _trim(word: str) -> str:
    """A word without the punctuation around it, and without what no file can hold (a half of a surrogate pair)."""
    # Letters, digits and marks: these matter in Arabic, Hindi and Thai.
    keep = [i for i, letter in enumerate(word) if unicodedata.category(letter)[0] in "LNM"]
    return "".join(letter for letter in word[keep[0] : keep[-1] + 1] if letter.isprintable()) if keep else ""
