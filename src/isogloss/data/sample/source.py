"""The built-in source of data: labeled sentences in nine languages and six scripts, offline.

It lets every part of the tool be tried in a minute, and it is nothing else: `SAMPLE_NOTICE` says
so, and so does the place of every row. Sentences come from `grammars/`, chosen by a seeded
generator, so the same seed gives the same rows on every machine. A language takes about a tenth of
a second, once in a process.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import NamedTuple, final

from isogloss.base.errors import InputError, UnknownName
from isogloss.data.sample.grammar import Grammar, grammar_codes, read_grammar
from isogloss.data.sample.sentence import Sentence, write_sentence
from isogloss.data.source import Row
from isogloss.study.data import SAMPLE_VERSION

SAMPLE_NOTICE = (
    "Sample data written for Isogloss: made by grammars, not by people; "
    "for trying the tool, never for conclusions."
)
SIZES = {"train": 900, "validation": 150, "test": 300}
LABEL_SHARES = {"negative": 0.36, "neutral": 0.28, "positive": 0.36}
ONE_SIDED = 0.1
MOST_TRIES = 2000


class Labeled(NamedTuple):
    """A sentence and the name of its label."""

    label: str
    sentence: Sentence


@final
class SampleSource:
    """Rows with `text`, `label`, `tokens`, `upos` and `ner`.

    Labels are `negative`, `neutral` and `positive`; `upos` holds Universal Dependencies tags and
    `ner` IOB2 tags over PER, LOC and ORG. No text occurs twice in a language.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def languages(self) -> tuple[str, ...]:
        """Canonical codes of the languages that have a grammar, sorted."""
        return grammar_codes()

    def splits(self, language: str) -> tuple[str, ...]:
        """`train`, `validation` and `test`, for every language.

        Raises:
            UnknownName: the sample has no such language.
        """
        _known(language)
        return tuple(SIZES)

    def rows(self, language: str, split: str) -> Iterator[Row]:
        """The rows of a split: 900 for training, 150 for validation, 300 for testing.

        Raises:
            UnknownName: the sample has no such language or split.
        """
        _known(language)
        if split not in SIZES:
            raise UnknownName("split of the sample data", split, SIZES)
        end = dict(zip(SIZES, accumulate(SIZES.values()), strict=True))[split]
        labeled = _labeled(language, self.seed)[end - SIZES[split] : end]
        for index, (label, sentence) in enumerate(labeled):
            yield Row(f"sample:{language}/{split}:{index}", index, _fields(label, sentence))


def raw_text(language: str, *, lines: int, seed: int = 0) -> Iterator[str]:
    """Sentences without labels, for pre-training; none of them is a row of `SampleSource(seed)`.

    The first lines of a longer request are those of a shorter one.

    Args:
        language: a canonical code.
        lines: how many sentences; all differ.
        seed: which sentences; also the seed of the rows to stay clear of.

    Raises:
        UnknownName: the sample has no such language.
        InputError: the grammar cannot write so many different sentences.
    """
    _known(language)
    seen = {sentence.text for _, sentence in _labeled(language, seed)}
    written = _different(read_grammar(language), _generator("raw", language, seed), seen)
    for _ in range(lines):
        yield next(written).sentence.text


@lru_cache(maxsize=64)
def _labeled(language: str, seed: int) -> tuple[Labeled, ...]:
    written = _different(read_grammar(language), _generator("rows", language, seed), set())
    return tuple(next(written) for _ in range(sum(SIZES.values())))


def _generator(what: str, language: str, seed: int) -> Random:
    return Random(f"isogloss sample {SAMPLE_VERSION} {what} {language} {seed}")  # noqa: S311


def _different(grammar: Grammar, rng: Random, seen: set[str]) -> Iterator[Labeled]:
    """Sentences that differ from each other and from those seen."""
    tries = 0
    while tries < MOST_TRIES:
        label = _draw_label(rng)
        sentence = _write(grammar, label, rng)
        tries += 1
        if sentence.text not in seen:
            seen.add(sentence.text)
            tries = 0
            yield Labeled(label, sentence)
    raise InputError(
        f"The sample grammar of {grammar.language} has no more than about {len(seen)} sentences. "
        "Ask for fewer lines."
    )


def _draw_label(rng: Random) -> str:
    at = rng.random()
    negative, neutral = accumulate(list(LABEL_SHARES.values())[:2])
    return "negative" if at < negative else "neutral" if at < neutral else "positive"


def _write(grammar: Grammar, label: str, rng: Random) -> Sentence:
    if label == "neutral":
        return write_sentence(grammar, label, flipped=rng.random() < 0.5, rng=rng)
    if rng.random() < ONE_SIDED:
        return write_sentence(grammar, label, flipped=False, rng=rng)
    return write_sentence(grammar, "polar", flipped=label == "negative", rng=rng)


def _fields(label: str, sentence: Sentence) -> dict[str, str | list[str]]:
    return {
        "text": sentence.text,
        "label": label,
        "tokens": list(sentence.tokens),
        "upos": list(sentence.upos),
        "ner": list(sentence.ner),
    }


def _known(language: str) -> None:
    if language not in grammar_codes():
        raise UnknownName("language of the sample data", language, grammar_codes())
