"""Entities found and missed: counts against seqeval and against the tallies of the scores."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.scheme import IOB2, Entities

from isogloss.report.why.entities import (
    KINDS,
    Span,
    count_matches,
    entity_records,
    matches,
    spans_of,
)
from isogloss.report.why.said import Said
from isogloss.stats.spans import span_tallies
from isogloss.study.tasks import span_tags

TYPES = ("PER", "LOC")
TAGS = span_tags(TYPES)
SENTENCES = st.lists(
    st.lists(st.tuples(*[st.integers(0, len(TAGS) - 1)] * 2), min_size=1, max_size=9),
    min_size=1,
    max_size=6,
)


def lawful(ids):
    """The same tags with every I- that follows nothing made a beginning, as gold is."""
    tags, before = [], "O"
    for at in ids:
        tag = TAGS[at]
        if tag[0] == "I" and before[1:] != tag[1:]:
            tag = f"B{tag[1:]}"
        tags.append(TAGS.index(tag))
        before = tag
    return tags


def said_of(sentences):
    gold = [lawful([pair[0] for pair in one]) for one in sentences]
    predicted = [[pair[1] for pair in one] for one in sentences]
    return Said(
        examples=tuple(f"test/{at}" for at in range(len(sentences))),
        offsets=np.cumsum([0, *map(len, sentences)]),
        names=TAGS,
        gold=np.concatenate(gold),
        predicted=np.concatenate(predicted),
        losses=np.ones(sum(map(len, gold))),
        probabilities=np.ones(sum(map(len, gold))),
    )


@given(st.lists(st.sampled_from(TAGS), max_size=12))
@settings(max_examples=200, deadline=None)
def test_entities_are_those_of_seqeval_read_strictly(tags):
    wanted = [
        Span(one.start, one.end, one.tag) for one in Entities([tags], scheme=IOB2).entities[0]
    ]
    assert spans_of(tags) == wanted


@given(SENTENCES)
@settings(max_examples=200, deadline=None)
def test_what_is_found_and_how_many_there_are_is_what_the_scores_count(sentences):
    said = said_of(sentences)
    tallies = span_tallies(said.gold, said.predicted, said.offsets, TAGS).sum(axis=0)
    counts = count_matches([said, said])
    records = {r["type"]: r for r in entity_records("tiny", "deu-Latn", counts, 2)}
    assert records[None]["gold"] == 2 * tallies[:, 2].sum()
    assert sum(records[None][kind] for kind in KINDS if kind != "missed") == 2 * tallies[:, 1].sum()
    for name, (hits, _, gold) in zip(TYPES, tallies, strict=True):
        mine = records.get(name, {"found": 0, "gold": 0})
        assert (mine["found"], mine["gold"]) == (2 * hits, 2 * gold)


def test_each_way_of_being_wrong_has_its_name():
    gold = [Span(0, 2, "PER"), Span(3, 4, "LOC"), Span(5, 7, "ORG"), Span(8, 9, "LOC"),
            Span(12, 13, "PER")]  # fmt: skip
    said = [Span(0, 2, "PER"), Span(3, 4, "PER"), Span(5, 6, "ORG"), Span(8, 10, "PER"),
            Span(14, 15, "LOC")]  # fmt: skip
    assert [match.kind for match in matches(gold, said)] == [
        "found", "wrong type", "wrong boundary", "both wrong", "missed", "spurious",
    ]  # fmt: skip


def test_an_entity_is_paired_once_and_with_the_one_it_shares_most_words_with():
    made = matches([Span(0, 4, "PER")], [Span(0, 1, "PER"), Span(1, 4, "PER")])
    assert {(match.kind, match.predicted) for match in made} == {
        ("wrong boundary", Span(1, 4, "PER")),
        ("spurious", Span(0, 1, "PER")),
    }


def test_the_same_words_go_before_more_words():
    made = matches(
        [Span(0, 1, "PER"), Span(0, 3, "LOC")][:1], [Span(0, 3, "PER"), Span(0, 1, "LOC")]
    )
    assert [match.kind for match in made] == ["wrong type", "spurious"]
