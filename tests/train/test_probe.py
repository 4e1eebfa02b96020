"""Probes against scikit-learn, and against the gradient by autograd."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from isogloss.base.errors import InputError, RunError
from isogloss.train.probe import fit_probe, probabilities

TIGHT = {"tolerance": 1e-7}


def words(seed=0, *, n=200, d=6, n_classes=4, noise=1.0):
    """Words of classes that differ in the mean of their features, in odd units."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(n_classes), rng.integers(n_classes, size=n - n_classes)])
    centers = rng.normal(size=(n_classes, d))
    found = centers[labels] + noise * rng.normal(size=(n, d))
    found = found * np.exp(rng.normal(size=d)) + rng.normal(size=d)
    return found.astype(np.float32), labels


def by_sklearn(features, labels, *, c):
    """Weights, biases and probabilities, by the classes that occur."""
    scaler = StandardScaler().fit(features.astype(np.float64))
    ready = scaler.transform(features.astype(np.float64))
    found = LogisticRegression(C=c, tol=1e-10, max_iter=20_000, solver="newton-cg")
    found.fit(ready, labels)
    return found.coef_, found.intercept_, found.predict_proba(ready)


def gradient(probe, features, labels, l2):
    """Of the objective, by autograd, over the classes that have a bias."""
    present = np.isfinite(probe.bias)
    weights, bias = (
        torch.tensor(one[present], requires_grad=True) for one in (probe.weights, probe.bias)
    )
    ready = torch.from_numpy((features - probe.mean) / probe.scale)
    ids = torch.from_numpy(np.searchsorted(np.flatnonzero(present), labels))
    loss = torch.nn.functional.cross_entropy(ready @ weights.T + bias, ids)
    (loss + l2 / (2 * len(labels)) * (weights**2).sum()).backward()
    return max(float(weights.grad.abs().max()), float(bias.grad.abs().max()))


@pytest.fixture(params=["one stage", "three stages"])
def stages(request, monkeypatch):
    """Few words are taken for many, so that they go through all stages, or all in one."""
    monkeypatch.setattr(
        "isogloss.train.probe.MANY", 1 if request.param == "three stages" else 10_000
    )


BOTH = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@BOTH
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(8, 150),
    d=st.integers(1, 12),
    n_classes=st.integers(3, 6),
    l2=st.sampled_from([0.1, 1.0, 30.0]),
    noise=st.sampled_from([0.1, 1.0, 5.0]),
)
def test_a_probe_is_the_regression_of_scikit_learn(stages, seed, n, d, n_classes, l2, noise):
    features, labels = words(seed, n=n, d=d, n_classes=n_classes, noise=noise)
    # So tight that rounding can end the descent a little before; what counts is where it ends.
    probe = fit_probe(features, labels, n_classes, l2=l2, **TIGHT)
    weights, bias, said = by_sklearn(features, labels, c=1 / l2)
    assert np.allclose(probabilities(probe, features), said, atol=5e-5)
    # Where classes lie far apart hardly anything hangs on the biases.
    assert np.allclose(probe.weights, weights, atol=2e-3)
    assert np.allclose(probe.bias, bias - bias.mean(), atol=2e-3)


def test_of_two_classes_it_is_the_regression_with_half_the_penalty():
    features, labels = words(n_classes=2)
    probe = fit_probe(features, labels, 2, l2=3.0, **TIGHT)
    weights, bias, said = by_sklearn(features, labels, c=2 / 3.0)
    assert np.allclose(probe.weights[1] - probe.weights[0], weights[0], atol=1e-6)
    assert np.allclose(probe.bias[1] - probe.bias[0], bias, atol=1e-6)
    assert np.allclose(probabilities(probe, features), said, atol=1e-7)


@BOTH
@given(seed=st.integers(0, 2**32), l2=st.sampled_from([0.01, 1.0, 10.0]), d=st.integers(1, 40))
def test_the_gradient_that_is_told_is_that_of_the_objective(stages, seed, l2, d):
    features, labels = words(seed, n=30, d=d)
    probe = fit_probe(features, labels, 4, l2=l2, tolerance=1e-5)
    assert probe.converged
    assert probe.gradient_norm < 1e-5
    found = gradient(probe, features, labels, l2)
    assert found == pytest.approx(probe.gradient_norm, abs=1e-12)
    assert np.allclose(probe.weights.sum(axis=0), 0, atol=1e-9)
    assert probe.bias.sum() == pytest.approx(0, abs=1e-9)


def test_classes_that_can_be_told_apart_have_a_minimum_and_are_told_apart(stages):
    features, labels = words(n=60, d=80, noise=0.01)
    probe = fit_probe(features, labels, 4, l2=1e-3)
    assert probe.converged
    assert (probabilities(probe, features).argmax(axis=1) == labels).all()


def test_a_class_without_examples_is_never_said_and_the_others_are_as_without_it(stages):
    features, labels = words(n_classes=3)
    apart = np.array([0, 2, 5])[labels]
    probe, less = fit_probe(features, apart, 6, **TIGHT), fit_probe(features, labels, 3, **TIGHT)
    said = probabilities(probe, features)
    assert (said[:, [1, 3, 4]] == 0).all()
    assert np.allclose(said[:, [0, 2, 5]], probabilities(less, features), atol=2e-5)
    assert np.array_equal(np.isfinite(probe.bias), [True, False, True, False, False, True])


def test_words_of_one_class_are_always_said_to_be_of_it():
    features, _ = words()
    probe = fit_probe(features, np.full(len(features), 1), 3)
    assert (probe.converged, probe.n_iterations) == (True, 0)
    assert np.array_equal(probabilities(probe, features[:4]), [[0, 1, 0]] * 4)


@pytest.mark.parametrize("value", [0.0, 0.1, -3e4])
def test_a_constant_feature_changes_nothing(value):
    features, labels = words()
    more = np.column_stack([features, np.full(len(features), value, np.float32)])
    probe, less = fit_probe(more, labels, 4, **TIGHT), fit_probe(features, labels, 4, **TIGHT)
    assert (probe.scale[-1], probe.mean[-1]) == (1.0, np.float32(value))
    assert (probe.weights[:, -1] == 0).all()
    assert np.allclose(probabilities(probe, more), probabilities(less, features), atol=2e-5)


def test_features_that_say_nothing_give_the_shares_of_the_classes():
    labels = np.array([0, 0, 0, 1])
    probe = fit_probe(np.ones((4, 3), np.float32), labels, 2)
    assert (probe.converged, probe.n_iterations) == (True, 0)
    assert np.allclose(probabilities(probe, np.ones((1, 3), np.float32)), [[0.75, 0.25]])


@BOTH
@given(seed=st.integers(0, 2**32))
def test_units_and_the_order_of_words_do_not_matter(stages, seed):
    features, labels = words(seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    units, shift = 2.0 ** rng.integers(-9, 9, size=features.shape[1]), rng.normal(size=6)
    other = features.astype(np.float64) * units + shift
    probe = fit_probe(features, labels, 4, **TIGHT)
    moved = fit_probe(other[order], labels[order], 4, **TIGHT)
    assert np.allclose(probabilities(probe, features), probabilities(moved, other), atol=5e-5)


def test_correlated_features_and_rare_classes_take_few_iterations():
    """L-BFGS from zero weights in the features' own coordinates takes hundreds."""
    rng = np.random.default_rng(0)
    n, d = 4000, 32
    labels = np.minimum(rng.geometric(0.4, size=n) - 1, 7)
    directions = np.linalg.qr(rng.normal(size=(d, d)))[0] * np.logspace(0, -3, d)
    features = (rng.normal(size=(8, d))[labels] + rng.normal(size=(n, d))) @ directions
    features += 0.5 * rng.normal(size=(n, 1))
    probe = fit_probe(features.astype(np.float32), labels, 8, tolerance=1e-6)
    assert probe.converged
    assert probe.n_iterations < 100


def test_the_same_words_give_the_same_bits():
    one, two = (fit_probe(*words(3), 4) for _ in range(2))
    for field in fields(one):
        assert np.array_equal(getattr(one, field.name), getattr(two, field.name))


@pytest.mark.parametrize("most", [1, 3])
def test_too_few_iterations_are_told(stages, most):
    features, labels = words()
    probe = fit_probe(features, labels, 4, max_iterations=most, **TIGHT)
    assert (probe.converged, probe.n_iterations) == (False, most)
    assert probe.gradient_norm == pytest.approx(gradient(probe, features, labels, 1.0))
    assert probe.gradient_norm > 1e-9


def test_a_probe_that_went_on_is_better_than_one_that_stopped():
    features, labels = words(noise=0.5)

    def right(most):
        probe = fit_probe(features, labels, 4, max_iterations=most)
        return np.log(probabilities(probe, features)[np.arange(len(labels)), labels]).mean()

    assert right(1) < right(3) < right(100)


def test_answers_do_not_hang_on_how_many_are_asked(monkeypatch):
    features, labels = words()
    probe = fit_probe(features, labels, 4)
    whole = probabilities(probe, features)
    monkeypatch.setattr("isogloss.train.probe.ROWS", 7)
    assert np.allclose(probabilities(probe, features), whole, rtol=1e-12)
    assert np.allclose(whole.sum(axis=1), 1)
    assert probabilities(probe, features[:0]).shape == (0, 4)
    assert whole.dtype == np.float64


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_word_whose_features_are_no_numbers_gets_no_answer(value):
    features, labels = words()
    probe = fit_probe(features, labels, 5)
    broken = features.copy()
    broken[3, 0] = value
    said = probabilities(probe, broken)
    assert np.isnan(said[3]).all()
    assert np.array_equal(np.delete(said, 3, 0), np.delete(probabilities(probe, features), 3, 0))


def test_an_encoder_that_has_diverged_is_told():
    features, labels = words()
    features[[3, 5], 1] = np.nan
    with pytest.raises(RunError, match="2 of 200 words features that are not finite"):
        fit_probe(features, labels, 4)


def test_no_words_are_refused():
    with pytest.raises(InputError, match="no word to learn from"):
        fit_probe(np.empty((0, 4), np.float32), np.empty(0, np.int64), 3)


@pytest.mark.parametrize(
    ("features", "labels", "l2", "says"),
    [
        (np.ones((3, 2)), np.array([0, 1]), 1.0, "not .n, d. and .n."),
        (np.ones(3), np.array([0, 1, 0]), 1.0, "not .n, d. and .n."),
        (np.ones((2, 2)), np.array([0, 3]), 1.0, "a label outside 0 .. 2: 0 .. 3"),
        (np.ones((2, 2)), np.array([-1, 0]), 1.0, "a label outside 0 .. 2: -1 .. 0"),
        (np.ones((2, 2)), np.array([0, 1]), 0.0, "l2 must be above 0"),
        (np.ones((2, 2)), np.array([0, 1]), np.nan, "l2 must be above 0"),
    ],
)
def test_what_does_not_fit_is_refused(features, labels, l2, says):
    with pytest.raises(ValueError, match=says):
        fit_probe(features, labels, 3, l2=l2)
