"""Scores against scikit-learn, on random and on degenerate input."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
    recall_score,
)

from isogloss.base.errors import InputError, RunError
from isogloss.evaluate.metrics import (
    UNUSABLE,
    classification_scores,
    confusion_scores,
    predicted_ids,
)
from isogloss.stats.confusion import METRICS

NAMES = ("negative", "neutral", "positive", "mixed", "none")


def probabilities_of(predicted, k):
    return np.full((len(predicted), k), 0.1) + 0.9 * np.eye(k)[np.asarray(predicted, dtype=int)]


def scores_of(gold, predicted, k):
    losses = np.linspace(0.0, 1.0, len(gold))
    found = classification_scores(
        np.asarray(gold), probabilities_of(predicted, k), losses, NAMES[:k]
    )
    return {score.metric: score.value for score in found}


@st.composite
def answers(draw):
    k = draw(st.integers(2, 5))
    n = draw(st.integers(1, 40))
    ids = st.integers(0, k - 1)
    ids = draw(st.sampled_from([ids, st.just(k - 1), st.just(0)]))
    gold = draw(st.lists(ids, min_size=n, max_size=n))
    predicted = draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    return gold, predicted, k


@settings(max_examples=120, deadline=None)
@given(answers())
@example(([0], [0], 2))  # one example, one class absent
@example(([0], [1], 2))  # one example, wrong
@example(([0, 0, 0], [0, 0, 0], 3))  # one class only
@example(([0, 1, 2], [1, 2, 0], 3))  # all wrong
@example(([0, 1, 0, 1], [1, 1, 1, 1], 2))  # one class predicted
@example(([0, 0, 1], [3, 3, 3], 4))  # a class predicted that does not occur
def test_every_score_is_the_one_of_scikit_learn(case):
    gold, predicted, k = case
    ours = scores_of(gold, predicted, k)
    labels = range(k)
    assert ours["accuracy"] == pytest.approx(accuracy_score(gold, predicted))
    for average in ("macro", "weighted"):
        want = precision_recall_fscore_support(
            gold, predicted, labels=labels, average=average, zero_division=0
        )
        for name, value in zip(("precision", "recall", "f1"), want[:3], strict=True):
            assert ours[f"{average}_{name}"] == pytest.approx(value, abs=1e-12)
    per_label = precision_recall_fscore_support(gold, predicted, labels=labels, zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "support"), per_label, strict=True):
        for label, value in zip(NAMES, values, strict=False):
            assert ours[f"{name}/{label}"] == pytest.approx(value, abs=1e-12)
    for g, row in enumerate(confusion_matrix(gold, predicted, labels=labels)):
        for p, count in enumerate(row):
            assert ours[f"confusion/{NAMES[g]}/{NAMES[p]}"] == count


def test_the_macro_mean_counts_a_label_that_the_test_set_lacks():
    """Three labels in the study, two in the test set: a perfect model scores two thirds."""
    perfect = scores_of([0, 1], [0, 1], 3)
    assert perfect["macro_f1"] == pytest.approx(2 / 3)
    assert perfect["accuracy"] == 1
    assert perfect["support/positive"] == 0


def test_the_names_follow_the_order_of_the_ids():
    ours = scores_of([0, 0, 2], [0, 2, 2], 3)
    assert ours["recall/negative"] == 0.5
    assert ours["recall/positive"] == 1
    assert ours["confusion/negative/positive"] == 1
    assert ours["confusion/positive/negative"] == 0


def test_an_example_without_finite_probabilities_is_counted_and_changes_no_score():
    gold = np.array([0, 1, 2, 1])
    clean = probabilities_of([0, 1, 1, 1], 3)
    broken = np.vstack([clean, [[np.nan, 0.5, 0.5], [np.inf, 0, 0]]])
    whole = classification_scores(gold, clean, np.ones(4), NAMES[:3])
    partly = classification_scores(np.append(gold, [0, 2]), broken, np.ones(6), NAMES[:3])
    assert [(s.metric, s.value) for s in partly] == [(s.metric, s.value) for s in whole]
    assert {(s.n_scored, s.n_unscored) for s in whole} == {(4, 0)}
    assert {(s.n_scored, s.n_unscored) for s in partly} == {(4, 2)}


def test_an_infinite_loss_leaves_only_the_loss_without_that_example():
    losses = np.array([1.0, np.inf, 3.0])
    probabilities = probabilities_of([0, 1, 2], 3)
    found = classification_scores(np.arange(3), probabilities, losses, NAMES[:3])
    loss, accuracy = found[0], found[1]
    assert (loss.metric, loss.value, loss.n_scored, loss.n_unscored) == ("eval_loss", 2.0, 2, 1)
    assert (accuracy.metric, accuracy.n_scored, accuracy.n_unscored) == ("accuracy", 3, 0)


def test_the_mean_loss_of_half_precision_is_not_summed_in_half_precision():
    losses = np.full(5000, 20.0, dtype=np.float16)  # their sum is beyond float16
    gold = np.zeros(5000, dtype=int)
    found = classification_scores(gold, probabilities_of(gold, 2), losses, NAMES[:2])
    assert found[0].value == 20.0


def test_the_first_label_wins_a_tie():
    found = classification_scores(np.array([0]), np.full((1, 3), 1 / 3), np.ones(1), NAMES[:3])
    assert {s.metric: s.value for s in found}["accuracy"] == 1


def test_macro_recall_is_not_macro_f1():
    """The trap: what the reference notebook prints as F1 is the macro recall of this matrix.

    A model that calls nearly everything neutral, as its zero-shot models do.
    """
    counts = np.array([[60.0, 240, 0], [10, 280, 10], [5, 195, 100]])
    gold, predicted = (np.repeat(index.ravel(), counts.astype(int).ravel())
                       for index in np.indices((3, 3)))  # fmt: skip
    printed_as_f1 = recall_score(gold, predicted, average="macro")
    ours = {
        score.metric: score.value for score in confusion_scores(counts, NAMES[:3], n_unscored=0)
    }
    assert ours["macro_recall"] == pytest.approx(printed_as_f1)
    assert ours["macro_recall"] == pytest.approx(balanced_accuracy_score(gold, predicted))
    assert ours["macro_f1"] == pytest.approx(f1_score(gold, predicted, average="macro"))
    assert ours["macro_recall"] - ours["macro_f1"] > 0.03
    harmonic = 2 / (1 / ours["macro_precision"] + 1 / ours["macro_recall"])
    assert ours["macro_f1"] != pytest.approx(harmonic, abs=1e-3)


@pytest.mark.parametrize(
    ("gold", "shape", "n_losses", "word"),
    [
        ([0, 1], (2, 2), 2, "must be"),
        ([0, 1], (3, 3), 2, "must be"),
        ([0, 1], (2, 3), 3, "must be"),
        ([0, 3], (2, 3), 2, "outside"),
        ([-1, 0], (2, 3), 2, "outside"),
        ([0.0, 1.0], (2, 3), 2, "label ids"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(gold, shape, n_losses, word):
    with pytest.raises(ValueError, match=word):
        classification_scores(np.array(gold), np.ones(shape), np.ones(n_losses), NAMES[:3])


def test_two_labels_of_one_name_are_refused():
    with pytest.raises(ValueError, match="different"):
        classification_scores(np.array([0]), np.ones((1, 2)), np.ones(1), ["a", "a"])


def test_no_example_is_a_mistake_of_the_input_with_a_remedy():
    with pytest.raises(InputError, match="the split is empty"):
        classification_scores(np.zeros(0, dtype=int), np.ones((0, 3)), np.ones(0), NAMES[:3])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_model_that_says_nothing_usable_is_an_error_not_a_zero(bad):
    with pytest.raises(RunError, match="None of the 2 predictions"):
        classification_scores(np.array([0, 1]), np.full((2, 3), bad), np.ones(2), NAMES[:3])


def test_the_registry_scores_many_matrices_at_once():
    matrices = np.random.default_rng(0).integers(0, 9, size=(7, 3, 3)).astype(float)
    for metric in METRICS.values():
        assert metric(matrices).tolist() == [float(metric(one)) for one in matrices]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_predicted_label_is_the_first_of_the_most_probable_or_none(bad):
    rows = np.array([[0.2, 0.4, 0.4], [0.9, bad, 0.05], [0.0, 0.0, 1.0]], dtype=np.float32)
    assert predicted_ids(rows).tolist() == [1, UNUSABLE, 2]
    assert predicted_ids(np.zeros((0, 3))).tolist() == []
