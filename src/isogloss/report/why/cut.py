"""Texts made short enough to be read: what is left out is counted."""

from collections.abc import Sequence
from typing import NamedTuple

MOST_CHARACTERS = 600
MOST_IN_A_WORD = 80
MOST_WORDS = 60
BEFORE = 12
"""Words that are kept before the first one that matters."""


class Cut(NamedTuple):
    """A text, and how many characters of it are not there."""

    text: str
    n_left_out: int


class Stretch(NamedTuple):
    """A stretch of a sentence: words `start` to `end`."""

    start: int
    end: int


def cut(text: str, most: int = MOST_CHARACTERS) -> Cut:
    """Keep the beginning of a text.

    >>> cut("abcdef", 4), cut("abc", 4)
    (Cut(text='abcd', n_left_out=2), Cut(text='abc', n_left_out=0))
    """
    return Cut(text[:most], max(0, len(text) - most))


def cut_word(word: str) -> str:
    """Keep the beginning of a word, and say how much of it is gone.

    >>> cut_word("word"), cut_word("x" * 1000)[80:]
    ('word', '… (920 more characters)')
    """
    kept, gone = cut(word, MOST_IN_A_WORD)
    return f"{kept}… ({gone:,} more characters)" if gone else kept


def stretch_of(words: Sequence[str], first: int) -> Stretch:
    """The words that are shown of a sentence, so that its first one that matters is among them.

    >>> stretch_of(["a"] * 100, 50), stretch_of(["a"] * 10, 9)
    (Stretch(start=38, end=98), Stretch(start=0, end=10))
    """
    fits = len(words) <= MOST_WORDS and sum(map(len, words)) + len(words) <= MOST_CHARACTERS
    start = 0 if fits else max(0, first - BEFORE)
    end, room = start, MOST_CHARACTERS
    while end < min(len(words), start + MOST_WORDS) and (room > 0 or end <= first):
        room -= min(len(words[end]), MOST_IN_A_WORD) + 1
        end += 1
    return Stretch(start, end)
