"""Where a model is most wrong: the texts and sentences of the highest loss.

One model is looked at for each encoder and language, that of the first seed, so that what is shown
was said by one model. A sentence's loss is the sum over its words.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, final

import numpy as np

from isogloss.report.comparison.results import Setting
from isogloss.report.why.cut import cut, cut_word, stretch_of
from isogloss.report.why.entities import Match, Span, matches, spans_of
from isogloss.report.why.said import Said


class Piece(NamedTuple):
    """Some words of a sentence, marked or not."""

    text: str
    label: str = ""
    """What they are marked as; empty if they are not."""

    note: str = ""
    """How that fits: found, missed, spurious ..."""


@final
@dataclass(frozen=True)
class Mistake:
    """A text or sentence that was predicted wrong. What a report may not hold of it is empty."""

    example: str
    """Its id: split and row."""

    loss: float

    gold: str = ""
    """Label of a text."""

    predicted: str = ""
    probability: float | None = None
    """Of what was predicted."""

    text: str = ""
    n_left_out: int = 0
    """Characters of the text that are not shown, or words of the sentence."""

    as_gold: tuple[Piece, ...] = ()
    """A sentence, with what is marked in its gold."""

    as_predicted: tuple[Piece, ...] = ()
    """The same sentence, with what the model marked."""

    told: tuple[str, ...] = ()
    """What is wrong in a sentence, by the numbers of its words, from 1."""


@final
@dataclass(frozen=True)
class Worst:
    """The worst of one model on one language."""

    encoder: str
    setting: Setting
    target: str
    seed: int
    n_wrong: int
    """Texts, or sentences with a wrong tag."""

    n: int
    """Texts or sentences of the split."""

    mistakes: tuple[Mistake, ...]


Texts = Callable[[Sequence[str]], dict[str, str]]
"""The texts of some examples, by id."""

Words = Callable[[Sequence[str]], dict[str, Sequence[str]]]
"""The words of some sentences, by id."""


def worst_texts(said: Said, most: int, texts: Texts | None) -> Iterator[Mistake]:
    """The wrong texts of the highest loss, the worst first.

    Args:
        said: the evaluation.
        most: how many.
        texts: gives their texts; None where a report may hold none.
    """
    chosen = _worst_units(said)[:most]
    ids = [said.examples[unit] for unit in chosen]
    given = texts(ids) if texts else {}
    for unit, example in zip(chosen, ids, strict=True):
        text, left_out = cut(given.get(example, ""))
        yield Mistake(
            example,
            float(said.losses[unit]),
            gold=said.names[said.gold[unit]],
            predicted=said.names[said.predicted[unit]],
            probability=float(said.probabilities[unit]),
            text=text,
            n_left_out=left_out,
        )


def worst_sentences(
    said: Said, most: int, words: Words | None, *, spans: bool
) -> Iterator[Mistake]:
    """The sentences with a wrong entity, or a wrong word, of the highest loss, the worst first.

    Args:
        said: the evaluation.
        most: how many.
        words: gives their words; None where a report may hold none.
        spans: whether tags are of entities, not of single words.
    """
    find = _wrong_entities if spans else _wrong_words
    every = ((unit, find(*said.tags(unit))) for unit in _worst_units(said))
    chosen = list(islice(((unit, found) for unit, found in every if _any_wrong(found)), most))
    ids = [said.examples[unit] for unit, _ in chosen]
    given = words(ids) if words else {}
    for (unit, found), example in zip(chosen, ids, strict=True):
        loss = float(said.losses[said.offsets[unit] : said.offsets[unit + 1]].sum())
        told = tuple(_told(match) for match in found if match.kind != "found")
        if example in given:
            yield _drawn(example, loss, given[example], found, told)
        else:
            yield Mistake(example, loss, told=told)


def _any_wrong(found: Sequence[Match]) -> bool:
    """False of a sentence whose only wrong tags are such as begin no entity."""
    return any(match.kind != "found" for match in found)


def _worst_units(said: Said) -> list[int]:
    """Units that are wrong, and of which all was said, by their loss."""
    sums = np.add.reduceat(said.losses, said.offsets[:-1])
    unusable = np.logical_or.reduceat(said.predicted < 0, said.offsets[:-1])
    wrong = np.flatnonzero(said.wrong & ~unusable & np.isfinite(sums))
    order = wrong[np.argsort(-sums[wrong], kind="stable")]
    return [int(unit) for unit in order]


def _wrong_entities(gold: Sequence[str], predicted: Sequence[str]) -> list[Match]:
    return matches(spans_of(gold), spans_of(predicted))


def _wrong_words(gold: Sequence[str], predicted: Sequence[str]) -> list[Match]:
    """Each wrong word as a span of its own."""
    pairs = enumerate(zip(gold, predicted, strict=True))
    return [
        Match("wrong type", Span(at, at + 1, true), Span(at, at + 1, said))
        for at, (true, said) in pairs
        if true != said
    ]


def _told(match: Match) -> str:
    """What is wrong, in words.

    >>> _told(Match("wrong type", Span(0, 2, "PER"), Span(0, 2, "LOC")))
    'words 1 to 2: PER, said LOC (wrong type)'
    >>> _told(Match("missed", Span(3, 4, "PER"), None))
    'word 4: PER (missed)'
    """
    gold, said = match.gold, match.predicted
    if gold and said:
        place = "" if gold[:2] == said[:2] else f" in {_place(said)}"
        return f"{_place(gold)}: {gold.type}, said {said.type}{place} ({match.kind})"
    span = gold or said
    return f"{_place(span)}: {span.type} ({match.kind})" if span else ""


def _place(span: Span) -> str:
    one = span.end - span.start == 1
    return f"word {span.end}" if one else f"words {span.start + 1} to {span.end}"


def _drawn(
    example: str,
    loss: float,
    words: Sequence[str],
    found: Sequence[Match],
    told: tuple[str, ...],
) -> Mistake:
    wrong = [match for match in found if match.kind != "found"]
    first = min((span.start for m in wrong for span in (m.gold, m.predicted) if span), default=0)
    start, end = stretch_of(words, first)
    shown = [cut_word(word) for word in words]
    true = [(match.gold, match.kind) for match in found if match.gold]
    said = [(match.predicted, match.kind) for match in found if match.predicted]
    return Mistake(
        example,
        loss,
        n_left_out=len(words) - (end - start),
        as_gold=tuple(_pieces(shown, start, end, true)),
        as_predicted=tuple(_pieces(shown, start, end, said)),
        told=told,
    )


def _pieces(
    words: Sequence[str], start: int, end: int, spans: Sequence[tuple[Span, str]]
) -> Iterator[Piece]:
    """Cut a stretch of a sentence into what is marked and what is not."""
    at = start
    for span, kind in sorted(spans):
        first, last = max(span.start, start), min(span.end, end)
        if first >= last:
            continue
        if at < first:
            yield Piece(" ".join(words[at:first]))
        yield Piece(" ".join(words[first:last]), span.type, kind)
        at = last
    if at < end:
        yield Piece(" ".join(words[at:end]))
