"""Tallies of labels and spans, against seqeval, scikit-learn and counting by hand."""

import itertools
import warnings
from functools import partial

import numpy as np
import pytest
import seqeval.metrics
import seqeval.metrics.sequence_labeling
import seqeval.metrics.v1
import seqeval.scheme
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from sklearn.exceptions import UndefinedMetricWarning

from isogloss.stats.spans import span_tallies, tag_table
from isogloss.stats.tallies import LABEL_TALLY_METRICS, TALLY_METRICS, label_tallies

TYPES = ("PER", "LOC", "ORG")
TAGS = ("O", *(f"{prefix}-{name}" for name in TYPES for prefix in "BI"))
UPOS = ("ADJ", "CCONJ", "CONJ", "NOUN", "SCONJ", "VERB")
ZERO = {"zero_division": 0}


def offsets_of(lengths):
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def sentences(ids, offsets, tags=TAGS):
    """Tags by sentence; a missing prediction is O."""
    return [
        [tags[i] if i >= 0 else "O" for i in ids[start:end]]
        for start, end in itertools.pairwise(offsets)
    ]


def seqeval_scores(gold, predicted, mode, average):
    """Precision, recall, F1 of seqeval; it warns of empty types even when told what to do."""
    score = seqeval.metrics.sequence_labeling.precision_recall_fscore_support
    if mode == "strict":
        score = partial(
            seqeval.metrics.v1.precision_recall_fscore_support, scheme=seqeval.scheme.IOB2
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return score(gold, predicted, average=average, **ZERO)


def random_tagging(rng):
    """Gold tags, predictions that agree with most of them, and sentences, some of them empty."""
    lengths = rng.integers(0, 9, size=rng.integers(1, 4))
    lengths[0] = max(1, lengths[0])
    offsets = offsets_of(lengths)
    gold = rng.integers(0, len(TAGS), size=offsets[-1])
    wrong = rng.random(offsets[-1]) < rng.choice([0.1, 0.5, 1.0])
    predicted = np.where(wrong, rng.integers(-1, len(TAGS), size=offsets[-1]), gold)
    return gold, predicted, offsets


def check_against_seqeval(gold, predicted, offsets, mode):
    ours = span_tallies(gold, predicted, offsets, TAGS, mode=mode).sum(axis=0)
    texts = sentences(gold, offsets), sentences(predicted, offsets)
    micro = seqeval_scores(*texts, mode, "micro")
    for name, want in zip(("precision", "recall", "f1"), micro, strict=False):
        assert TALLY_METRICS[name](ours) == pytest.approx(want)
    # seqeval knows the types that occur, in alphabetic order; we know those of the study.
    present = sorted(name for i, name in enumerate(TYPES) if ours[i, 1:].any())
    rows = [TYPES.index(name) for name in present]
    if not rows:
        return
    by_type = seqeval_scores(*texts, mode, None)
    for name, want in zip(("precision", "recall", "f1", "support"), by_type, strict=True):
        assert LABEL_TALLY_METRICS[name](ours)[rows] == pytest.approx(np.asarray(want))
    macro = seqeval_scores(*texts, mode, "macro")
    for name, want in zip(("precision", "recall", "f1"), macro, strict=False):
        assert TALLY_METRICS[f"macro_{name}"](ours) * len(TYPES) == pytest.approx(want * len(rows))


def random_corpus(n_tags, n_sentences=10_000):
    """Gold and predictions that agree on half of the words, and sentences of up to eight."""
    rng = np.random.default_rng(5)
    offsets = offsets_of(rng.integers(0, 9, size=n_sentences))
    gold = rng.integers(0, n_tags, size=offsets[-1])
    other = rng.integers(-1, n_tags, size=offsets[-1])
    return gold, np.where(rng.random(offsets[-1]) < 0.5, other, gold), offsets


def seqeval_entities(texts, mode):
    """The entities of each sentence as sets of (type, first, last), by seqeval's own readers."""
    if mode == "lenient":
        return [set(get_entities(tags)) for tags in texts]
    entities = seqeval.scheme.Entities(texts, seqeval.scheme.IOB2).entities
    return [{(e.tag, e.start, e.end - 1) for e in sentence} for sentence in entities]


@pytest.mark.parametrize("mode", ["strict", "lenient"])
def test_spans_are_those_of_seqeval_on_10000_taggings(mode):
    """Gold tags break the scheme as well, so that both sides meet every case."""
    gold, predicted, offsets = random_corpus(len(TAGS))
    ours = span_tallies(gold, predicted, offsets, TAGS, mode=mode)
    true, said = (seqeval_entities(sentences(ids, offsets), mode) for ids in (gold, predicted))
    want = [
        [[sum(e[0] == name for e in found) for found in (t & s, s, t)] for name in TYPES]
        for t, s in zip(true, said, strict=True)
    ]
    assert ours.tolist() == want


@pytest.mark.parametrize("mode", ["strict", "lenient"])
def test_scores_of_spans_are_those_of_seqeval(mode):
    rng = np.random.default_rng(6)
    for _ in range(400):
        check_against_seqeval(*random_tagging(rng), mode)
    check_against_seqeval(*random_corpus(len(TAGS), 2000), mode)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 6), st.integers(-1, 6)), max_size=12),
        min_size=1,
        max_size=4,
    ).filter(any),
    st.sampled_from(["strict", "lenient"]),
)
def test_spans_are_those_of_seqeval_whatever_the_tags(pairs, mode):
    flat = np.array([pair for sentence in pairs for pair in sentence], dtype=np.int64)
    offsets = offsets_of([len(sentence) for sentence in pairs])
    check_against_seqeval(flat[:, 0], flat[:, 1], offsets, mode)


def test_an_orphan_i_begins_an_entity_only_when_read_leniently():
    tags = [TAGS.index(tag) for tag in ("B-PER", "I-PER", "O", "I-LOC", "I-LOC", "I-ORG")]
    words, offsets = np.array(tags), np.array([0, 6])
    strict = span_tallies(words, words, offsets, TAGS)[0]
    lenient = span_tallies(words, words, offsets, TAGS, mode="lenient")[0]
    assert strict[:, 2].tolist() == [1, 0, 0]
    assert lenient[:, 2].tolist() == [1, 1, 1]


def test_an_entity_ends_with_its_sentence():
    words = np.array([TAGS.index("B-PER"), TAGS.index("I-PER")])
    one = span_tallies(words, words, np.array([0, 2]), TAGS, mode="lenient")
    two = span_tallies(words, words, np.array([0, 1, 1, 2]), TAGS, mode="lenient")
    assert one[:, 0].tolist() == [[1, 1, 1]]
    assert two[:, 0].tolist() == [[1, 1, 1], [0, 0, 0], [1, 1, 1]]


def test_an_unusable_prediction_is_o_and_splits_an_entity():
    gold = np.array([TAGS.index(tag) for tag in ("B-PER", "I-PER", "I-PER")])
    predicted = np.array([gold[0], -1, gold[2]])
    strict = span_tallies(gold, predicted, np.array([0, 3]), TAGS)[0, 0]
    lenient = span_tallies(gold, predicted, np.array([0, 3]), TAGS, mode="lenient")[0, 0]
    assert (strict.tolist(), lenient.tolist()) == ([0, 1, 1], [0, 2, 1])


def test_types_keep_the_order_of_the_tags_and_may_hold_hyphens():
    assert tag_table(("O", "B-geo-loc", "I-geo-loc", "I-A", "B-A")).types == ("geo-loc", "A")


@pytest.mark.parametrize("tag", ["PER", "S-PER", "B-", "", "b-PER"])
def test_tags_of_another_scheme_are_refused(tag):
    with pytest.raises(ValueError, match="is not O, B-<type> or I-<type>"):
        tag_table(("O", tag))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 5)), min_size=1, max_size=40),
    st.integers(0, 40),
)
def test_words_are_scored_as_scikit_learn_does(pairs, cut):
    gold, predicted = np.array(pairs).T
    cut = min(cut, len(gold))
    ours = label_tallies(gold, predicted, np.array([0, cut, len(gold)]), len(UPOS)).sum(axis=0)
    labels = range(len(UPOS))
    assert TALLY_METRICS["accuracy"](ours) == sklearn.metrics.accuracy_score(gold, predicted)
    for average, prefix in (("macro", "macro_"), ("micro", "")):
        want = sklearn.metrics.precision_recall_fscore_support(
            gold, predicted, labels=labels, average=average, **ZERO
        )
        for name, value in zip(("precision", "recall", "f1"), want, strict=False):
            assert TALLY_METRICS[prefix + name](ours) == pytest.approx(value)
    want = sklearn.metrics.precision_recall_fscore_support(gold, predicted, labels=labels, **ZERO)
    for name, value in zip(("precision", "recall", "f1", "support"), want, strict=True):
        assert LABEL_TALLY_METRICS[name](ours) == pytest.approx(value)


def test_seqeval_calls_conjunctions_perfect_where_a_third_of_the_words_is_wrong():
    """It takes the first letter for a prefix, so CCONJ and SCONJ are both of type CONJ."""
    words = {"gold": ["CCONJ", "NOUN", "SCONJ"], "predicted": ["SCONJ", "NOUN", "SCONJ"]}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*seems not to be NE tag", category=UserWarning)
        trapped = seqeval.metrics.f1_score([words["gold"]], [words["predicted"]])
    gold, predicted = (np.array([UPOS.index(tag) for tag in one]) for one in words.values())
    ours = label_tallies(gold, predicted, np.array([0, 3]), len(UPOS))[0]
    assert trapped == 1.0
    assert TALLY_METRICS["accuracy"](ours) == pytest.approx(2 / 3)
    assert TALLY_METRICS["f1"](ours) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="is not O"):
        span_tallies(gold, predicted, np.array([0, 3]), UPOS)


def test_an_unusable_prediction_is_wrong_and_no_prediction_of_any_label():
    ours = label_tallies(np.array([0, 0, 1]), np.array([0, -1, -1]), np.array([0, 2, 3]), 2)
    assert ours.tolist() == [[[1, 1, 2], [0, 0, 0]], [[0, 0, 0], [0, 0, 1]]]
    assert TALLY_METRICS["accuracy"](ours).tolist() == [0.5, 0.0]


def test_words_are_counted_as_one_would_by_hand_on_10000_taggings():
    gold, predicted, offsets = random_corpus(len(UPOS))
    ours = label_tallies(gold, predicted, offsets, len(UPOS))
    for unit, (start, end) in enumerate(itertools.pairwise(offsets.tolist())):
        g, p = gold[start:end].tolist(), predicted[start:end].tolist()
        hits = [a for a, b in zip(g, p, strict=True) if a == b]
        want = [[hits.count(k), p.count(k), g.count(k)] for k in range(len(UPOS))]
        assert ours[unit].tolist() == want


def test_no_words_score_zero():
    nothing = np.array([], dtype=np.int64)
    for ours in (
        label_tallies(nothing, nothing, np.array([0, 0]), 3),
        span_tallies(nothing, nothing, np.array([0]), TAGS),
    ):
        assert {float(metric(ours.sum(axis=0))) for metric in TALLY_METRICS.values()} == {0.0}


@pytest.mark.parametrize(
    ("gold", "predicted", "offsets", "message"),
    [
        ([0, 1], [0], [0, 2], "must be two"),
        ([0, 1], [0, 1], [0, 1], "offsets"),
        ([0, 1], [0, 1], [1, 2], "offsets"),
        ([0, 1], [0, 1], [0, 3, 2], "offsets"),
        ([0, 1], [0, 1], [], "offsets"),
        ([-1, 1], [0, 1], [0, 2], "a gold id outside 0 .. 2"),
        ([0, 1], [0, 3], [0, 2], "a predicted id outside -1 .. 2"),
        ([0, 1], [0, -2], [0, 2], "a predicted id outside -1 .. 2"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(gold, predicted, offsets, message):
    gold, predicted, offsets = (np.array(x, dtype=np.int64) for x in (gold, predicted, offsets))
    with pytest.raises(ValueError, match=message):
        label_tallies(gold, predicted, offsets, 3)
    with pytest.raises(ValueError, match=message):
        span_tallies(gold, predicted, offsets, TAGS[:3])
