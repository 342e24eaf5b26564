"""English sound words and phrases, looked up in a lexicon, without a server.

Longer phrases take precedence ("car horn" is not brass), "no" and "without" negate what follows directly ("no loud
drums or voices"), and regular forms count as the word: plurals, "barking" and "barked" of events, "louder" and "loudly"
of traits.
"""

import re
import unicodedata
from argparse import Namespace, _ActionsContainer
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from doppelganger.caption_tags.tag_system import tidy_tag
from doppelganger.caption_tags.taggers import Answer, Tagger
from doppelganger.labels.labels import Tag
from doppelganger.labels.tags.rule import ASPECTS

_LEXICON = Path(__file__).with_name("lexicon.txt")
_NOT = {"no", "without", "not", "never", "nor", "lacks", "lacking"}
_STILL = {"a", "an", "any", "audible", "noticeable", "of", "other", "the"}  # a negation skips these
_CLAUSE = re.compile(r"[.,;:!?()\[\]\n]|\bbut\b")
_WORD = re.compile(r"[^\W_]+")
_SHORT = re.compile(r"[^aeiou]*[aeiou][bdgmnprt]")  # one syllable whose last letter doubles: tap, tapping

Phrase = tuple[str, ...]


def configure(parser: _ActionsContainer) -> None:
    """No flags."""


def read(args: Namespace, folder: Path) -> Tagger:
    return KeywordTagger()


class KeywordTagger(Tagger):
    """Tags are the words of the lexicon that occur in a caption, in its order."""

    def __call__(self, captions: Sequence[str]) -> Iterator[Answer]:
        for caption in captions:
            yield Answer(caption, keywords(caption))


def keywords(caption: str) -> tuple[str, ...]:
    """The tags that occur in a caption, without duplicates, in its order."""
    tag_of = phrases()
    longest = max(map(len, tag_of))
    found: dict[str, None] = {}
    for clause in _CLAUSE.split(unicodedata.normalize("NFKC", caption).casefold()):
        words = _WORD.findall(clause)
        i, reach = 0, -1  # reach: unknown words that a negation may still skip; below 0 nothing is negated
        while i < len(words):
            lengths = (n for n in range(min(longest, len(words) - i), 0, -1) if tuple(words[i : i + n]) in tag_of)
            if length := next(lengths, 0):
                tag = tag_of[tuple(words[i : i + length])]
                if reach < 0:
                    found[tag.name] = None
                elif tag.aspect != "trait":
                    reach = 0
            elif words[i] in _NOT or (words[i] == "or" and reach >= 0):
                reach = 1
            elif words[i] not in _STILL:
                reach = max(reach - 1, -1)
            i += max(length, 1)
    return tuple(found)


@cache
def phrases() -> Mapping[Phrase, Tag]:
    """Every phrase of the lexicon, in words, and its tag.

    Raises:
        ValueError: a phrase of two tags, or a tag without an aspect.
    """
    written: dict[Phrase, Tag] = {}
    aspect = ""
    for number, line in enumerate(_LEXICON.read_text(encoding="utf-8").splitlines(), 1):
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            aspect = line.strip("[]")
        elif line:
            head, _, more = line.partition(":")
            tag = Tag(tidy_tag(head), aspect)
            if aspect not in ASPECTS:
                raise ValueError(f"{_LEXICON.name}, line {number}: expected [{'], ['.join(ASPECTS)}]; got [{aspect}]")
            for phrase in (head, *more.split(",")):
                words = tuple(_WORD.findall(phrase.casefold()))
                if words and written.setdefault(words, tag) != tag:
                    raise ValueError(f"{_LEXICON.name}, line {number}: {phrase.strip()} is also {written[words].name}")
    formed = {(*words[:-1], form): tag for words, tag in written.items() for form in _forms(words[-1], tag.aspect)}
    # A listed phrase outranks a form that a rule derives from another.
    return formed | written


def _forms(word: str, aspect: str) -> Iterator[str]:
    """Regular forms of a word; forms that do not exist do no harm."""
    stem = word[:-1] if word.endswith("e") else word + word[-1] if _SHORT.fullmatch(word) else word
    by_y = word.endswith("y") and word[-2:-1] not in "aeiou"
    if by_y:
        yield word[:-1] + "ies"
    else:
        yield word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")
    if aspect == "event":
        yield from (stem + "ing", word[:-1] + "ied" if by_y else stem + "ed")
    if aspect == "trait":
        root = word[:-1] + "i" if by_y else stem
        yield from (root + "er", root + "est")
        yield word[:-1] + "ily" if by_y else word[:-1] + "y" if word.endswith("le") else word + "ly"
