"""Scores of taggers against seqeval and scikit-learn, on random predictions."""

import itertools
import math
import warnings

import numpy as np
import pytest
import seqeval.metrics
import seqeval.scheme
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from isogloss.base.errors import InputError, RunError
from isogloss.evaluate.metrics import UNUSABLE
from isogloss.evaluate.tagging import ner_scores, pos_scores
from isogloss.study.tasks import span_tags

TYPES = ("PER", "LOC", "ORG")
TAGS = span_tags(TYPES)
UPOS = ("ADJ", "CCONJ", "NOUN", "SCONJ", "VERB")
STRICT = {"mode": "strict", "scheme": seqeval.scheme.IOB2}


class Tagging:
    """A random tagging: gold keeps to IOB2, predictions to nothing."""

    def __init__(self, seed, *, names=TAGS, least=1):
        rng = np.random.default_rng(seed)
        lengths = rng.integers(least, 9, size=rng.integers(1, 12))
        self.offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        n = int(self.offsets[-1])
        self.gold = rng.integers(0, len(names), size=n)
        if names == TAGS:
            self._begin_entities()
        wrong = rng.random(n) < rng.choice([0.1, 0.5, 1.0])
        self.predicted = np.where(wrong, rng.integers(0, len(names), size=n), self.gold)
        self.losses = rng.random(n)
        self.names = names

    def _begin_entities(self):
        """Let an I- that nothing of its type precedes begin an entity."""
        opens = set(self.offsets[:-1].tolist())
        for at, tag in enumerate(self.gold):
            before = 0 if at in opens else self.gold[at - 1]
            if tag and tag % 2 == 0 and before not in (tag - 1, tag):
                self.gold[at] = tag - 1

    def sentences(self, ids):
        """Names by sentence, what is unusable as O."""
        names = [self.names[at] if at >= 0 else "O" for at in ids]
        return [names[start:end] for start, end in itertools.pairwise(self.offsets)]

    def scores(self):
        arrays = self.gold, self.predicted, self.losses
        if self.names == TAGS:
            return ner_scores(*arrays, offsets=self.offsets, types=TYPES, tags=TAGS)
        return pos_scores(*arrays, offsets=self.offsets, labels=self.names)

    def values(self):
        found = self.scores()
        assert len({score.metric for score in found}) == len(found)
        return {score.metric: score.value for score in found}


def seqeval_scores(tagging, **how):
    """By average: precision, recall, F1, support."""
    gold, said = tagging.sentences(tagging.gold), tagging.sentences(tagging.predicted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        report = seqeval.metrics.classification_report(
            gold, said, output_dict=True, zero_division=0, **how
        )
    return {name: list(row.values()) for name, row in report.items()}


NAMES = ("precision", "recall", "f1")


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_scores_of_entities_are_those_of_seqeval(seed):
    tagging = Tagging(seed)
    ours = tagging.values()
    assert ours["accuracy"] == pytest.approx(
        seqeval.metrics.accuracy_score(
            tagging.sentences(tagging.gold), tagging.sentences(tagging.predicted)
        )
    )
    entities = [tag for row in tagging.sentences(tagging.gold) for tag in row if tag != "O"]
    if not entities:
        return
    strict, lenient = seqeval_scores(tagging, **STRICT), seqeval_scores(tagging)
    for at, name in enumerate(NAMES):
        assert ours[name] == pytest.approx(strict["micro avg"][at])
        assert ours[f"lenient_{name}"] == pytest.approx(lenient["micro avg"][at])
        by_type = [strict.get(label, [0.0] * 4)[at] for label in TYPES]
        assert [ours[f"{name}/{label}"] for label in TYPES] == pytest.approx(by_type)
        assert ours[f"macro_{name}"] == pytest.approx(np.mean(by_type))
    for label in TYPES:
        assert ours[f"support/{label}"] == strict.get(label, [0.0] * 4)[3]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_scores_of_parts_of_speech_are_those_of_scikit_learn(seed):
    tagging = Tagging(seed, names=UPOS)
    ours, labels = tagging.values(), range(len(UPOS))
    pair = tagging.gold, tagging.predicted
    assert ours["accuracy"] == pytest.approx(accuracy_score(*pair))
    macro = precision_recall_fscore_support(*pair, labels=labels, average="macro", zero_division=0)
    for name, want in zip(NAMES, macro, strict=False):
        assert ours[f"macro_{name}"] == pytest.approx(want)
    by_label = precision_recall_fscore_support(*pair, labels=labels, zero_division=0)
    for name, values in zip((*NAMES, "support"), by_label, strict=True):
        found = [ours[f"{name}/{label}"] for label in UPOS]
        assert found == pytest.approx(list(values))
    assert "f1" not in ours, "of words with a tag each, micro F1 is accuracy under another name"


def test_a_span_scorer_would_read_two_parts_of_speech_as_one():
    """The trap: CCONJ and SCONJ both end in CONJ once a first letter is taken for a prefix."""
    gold, said = np.array([1, 3]), np.array([3, 1])
    found = pos_scores(gold, said, np.zeros(2), offsets=np.array([0, 2]), labels=UPOS)
    assert {score.metric: score.value for score in found}["accuracy"] == 0.0


def test_an_entity_counts_only_whole_and_accuracy_counts_its_words():
    gold = np.array([TAGS.index(tag) for tag in ("B-PER", "I-PER", "O", "B-LOC")])
    said = np.array([TAGS.index(tag) for tag in ("B-PER", "O", "O", "B-LOC")])
    found = ner_scores(gold, said, np.zeros(4), offsets=np.array([0, 4]), types=TYPES, tags=TAGS)
    values = {score.metric: score.value for score in found}
    assert (values["precision"], values["recall"], values["f1"]) == (0.5, 0.5, 0.5)
    assert values["accuracy"] == 0.75
    assert values["macro_f1"] == pytest.approx(1 / 3)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32), loss=st.sampled_from([math.nan, math.inf, 9.0]))
def test_unusable_words_are_wrong_and_counted_and_their_loss_left_out(seed, loss):
    tagging = Tagging(seed, least=2)
    whole = {score.metric: score for score in tagging.scores()}
    right = tagging.predicted == tagging.gold
    tagging.predicted[0] = UNUSABLE
    tagging.losses[0] = loss
    scores = {score.metric: score for score in tagging.scores()}
    n = len(tagging.gold)
    assert (scores["f1"].n_scored, scores["f1"].n_unscored) == (n - 1, 1)
    assert (scores["eval_loss"].n_scored, scores["eval_loss"].n_unscored) == (n - 1, 1)
    assert scores["eval_loss"].value == pytest.approx(tagging.losses[1:].mean())
    assert scores["accuracy"].value == pytest.approx((right.sum() - right[0]) / n)
    assert scores["n_gold"] == whole["n_gold"], "gold does not hang on what was said"
    assert (scores["n_gold"].value, scores["n_gold"].n_unscored) == (n, 0)
    for label in TYPES:
        assert scores[f"support/{label}"].value == whole[f"support/{label}"].value


def test_a_loss_alone_that_is_no_number_is_left_out_of_the_loss_only():
    tagging = Tagging(0, least=3)
    tagging.losses[1] = math.inf
    scores = {score.metric: score for score in tagging.scores()}
    assert scores["eval_loss"].n_unscored == 1
    assert math.isfinite(scores["eval_loss"].value)
    assert scores["f1"].n_unscored == 0


@pytest.mark.parametrize("names", [TAGS, UPOS])
def test_an_empty_split_cannot_be_scored(names):
    tagging = Tagging(0, names=names)
    tagging.gold, tagging.predicted = (np.empty(0, np.int64) for _ in range(2))
    tagging.losses, tagging.offsets = np.empty(0), np.zeros(1, np.int64)
    with pytest.raises(InputError, match="the split is empty"):
        tagging.scores()


@pytest.mark.parametrize("names", [TAGS, UPOS])
@pytest.mark.parametrize("broken", ["predictions", "losses"])
def test_a_model_that_says_nothing_usable_is_an_error_with_advice(names, broken):
    tagging = Tagging(0, names=names)
    if broken == "predictions":
        tagging.predicted[:] = UNUSABLE
    else:
        tagging.losses[:] = math.nan
    with pytest.raises(RunError, match="lower the learning rate"):
        tagging.scores()
