"""Entities that were not found as they are, and how they were missed.

An entity is read off strict IOB2, as the headline score reads it: an I- that follows nothing of its
type begins none. Gold and predicted entities of a sentence are paired once each: first those with
the same words, then those that share most words. What is left over is missed, or spurious. So

    gold = found + wrong type + wrong boundary + both wrong + missed
    predicted = found + wrong type + wrong boundary + both wrong + spurious
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from isogloss.report.records import Record
from isogloss.report.why.said import Said

Kind = Literal["found", "wrong type", "wrong boundary", "both wrong", "missed", "spurious"]
KINDS: tuple[Kind, ...] = (
    "found", "wrong type", "wrong boundary", "both wrong", "missed", "spurious",
)  # fmt: skip


class Span(NamedTuple):
    """An entity: its first word, the word after its last one, its type."""

    start: int
    end: int
    type: str


class Match(NamedTuple):
    """A gold entity, a predicted one, or both, and how they fit."""

    kind: Kind
    gold: Span | None
    predicted: Span | None


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The entities of a sentence of IOB2 tags, read strictly.

    >>> spans_of(["B-PER", "I-PER", "I-LOC", "B-LOC"])
    [Span(start=0, end=2, type='PER'), Span(start=3, end=4, type='LOC')]
    """
    spans: list[Span] = []
    inside = False
    for at, tag in enumerate(tags):
        prefix, _, name = tag.partition("-")
        if prefix == "I" and inside and spans[-1].type == name:
            spans[-1] = spans[-1]._replace(end=at + 1)
            continue
        inside = prefix == "B"
        if inside:
            spans.append(Span(at, at + 1, name))
    return spans


def matches(gold: Sequence[Span], predicted: Sequence[Span]) -> list[Match]:
    """Pair the entities of one sentence, in its order.

    >>> [m.kind for m in matches([Span(0, 2, "PER"), Span(4, 5, "LOC")], [Span(0, 1, "PER")])]
    ['wrong boundary', 'missed']
    """
    made: list[Match] = []
    gold_left, said_left = list(gold), list(predicted)
    for one, other in _best_first(gold, predicted):
        if one in gold_left and other in said_left:
            gold_left.remove(one)
            said_left.remove(other)
            made.append(Match(_kind(one, other), one, other))
    made += [Match("missed", one, None) for one in gold_left]
    made += [Match("spurious", None, other) for other in said_left]
    return sorted(made, key=lambda match: (match.gold or match.predicted or Span(0, 0, ""))[:2])


def count_matches(evaluations: Iterable[Said]) -> dict[str, Counter[str]]:
    """How the entities of each type were found or missed, over all sentences.

    Returns:
        Type -> kind -> how many. A pair counts for the type of its gold entity, a spurious one for
        the type that was predicted.
    """
    counts: dict[str, Counter[str]] = {}
    for said in evaluations:
        for match in _all_matches(said):
            span = match.gold or match.predicted
            if span is not None:
                counts.setdefault(span.type, Counter())[match.kind] += 1
    return counts


def entity_records(
    encoder: str, target: str, counts: dict[str, Counter[str]], n_seeds: int
) -> Iterator[Record]:
    """One record for all types, `type` None, and one for each type; counts over all seeds."""
    whole: Counter[str] = Counter()
    for of_type in counts.values():
        whole.update(of_type)
    for name, of_type in [(None, whole), *counts.items()]:
        yield {
            "encoder": encoder,
            "language": target,
            "type": name,
            "gold": sum(of_type.values()) - of_type["spurious"],
            **{kind: of_type[kind] for kind in KINDS},
            "n_seeds": n_seeds,
        }


def _all_matches(said: Said) -> Iterator[Match]:
    wrong = said.wrong
    for unit in range(len(said)):
        gold, predicted = said.tags(unit)
        true = spans_of(gold)
        if wrong[unit]:
            yield from matches(true, spans_of(predicted))
        else:
            yield from (Match("found", span, span) for span in true)


def _best_first(gold: Sequence[Span], predicted: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Pairs that share a word: those of the same words first, then by the words they share."""
    pairs = [(one, other) for one in gold for other in predicted if _shared(one, other) > 0]
    return sorted(
        pairs,
        key=lambda pair: (pair[0][:2] != pair[1][:2], -_shared(*pair), pair[0].type != pair[1].type,
                          pair[0].start, pair[1].start),
    )  # fmt: skip


def _shared(one: Span, other: Span) -> int:
    return min(one.end, other.end) - max(one.start, other.start)


def _kind(gold: Span, predicted: Span) -> Kind:
    if gold[:2] == predicted[:2]:
        return "found" if gold.type == predicted.type else "wrong type"
    return "wrong boundary" if gold.type == predicted.type else "both wrong"
