"""Tokenizer: text to numbers of words, and back."""

import re
from collections.abc import Iterable, Sequence

SPECIALS = ("<padding>", "<begin>", "<end>", "<unknown>")
PADDING, BEGIN, END, UNKNOWN = range(len(SPECIALS))

_WORD = re.compile(r"[^\W_]+(?:['’#-][^\W_]+|#)*|[.,]")
_MARKS = (".", ",")
_CAPITALS = {"fm": "FM"}
# By their sound; the others by their first letter, one of "aeio".
_AN = ("fm", "upper-middle", "upward")


class Tokenizer:
    """Words of any script and their numbers: 0 is padding, 1 begin, 2 end, 3 an unknown word.

    "an" is encoded as "a", and decoded as "an" before words that need it.

    Args:
        words: words in the order of their numbers; the four specials come first, and may be left out.

    Raises:
        ValueError: a repeated word, or a word with a capital letter.
    """

    def __init__(self, words: Iterable[str]):
        given = tuple(words)
        self.words = given if given[: len(SPECIALS)] == SPECIALS else (*SPECIALS, *given)
        self._number = {word: i for i, word in enumerate(self.words)}
        wrong = sorted({w for w in self.words if self.words.count(w) > 1 or w != w.lower()})
        if wrong:
            raise ValueError(f"expected words in small letters, each once; got {', '.join(wrong)}")

    def __len__(self) -> int:
        return len(self.words)

    def number(self, word: str) -> int:
        """The number of a word."""
        return self._number.get(word, UNKNOWN)

    def encode(self, text: str) -> list[int]:
        """Numbers of the words of a text, between begin and end."""
        return [BEGIN, *(self.number("a" if word == "an" else word) for word in split(text)), END]

    def decode(self, numbers: Sequence[int]) -> str:
        """Text of numbers, up to end: sentences start with a capital, and marks follow the word without a space."""
        text, previous = "", "."
        for number in numbers:
            if number == END:
                break
            if number in (PADDING, BEGIN):
                continue
            word = self.words[number]
            if previous == "a":
                text += "n" * _takes_an(word)
            if word not in _MARKS:
                text += " " * bool(text)
            written = _CAPITALS.get(word, word)
            text += written[:1].upper() + written[1:] if previous == "." else written
            previous = word
        return text

    def unknown(self, text: str) -> list[str]:
        """Words of a text without a number, each once, in order."""
        return list(dict.fromkeys(w for w in split(text) if w not in self._number and w != "an"))


def split(text: str) -> list[str]:
    """Words and marks of a text in lower case; other characters are left out."""
    return _WORD.findall(text.lower())


def _takes_an(word: str) -> bool:
    return word[:1] in "aeio" or word in _AN
