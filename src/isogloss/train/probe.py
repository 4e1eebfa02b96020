"""A probe: multinomial logistic regression on frozen features, trained until it has converged.

A probe asks what is in the encodings, so its answer must not hang on how long it was trained.
Earlier work took SGD with the learning rate of fine-tuning (2e-5) for some epochs and stopped where
patience ended: far from the minimum, at a place that says as much about the scale of the features
as about what they hold, so that two encoders are compared by how well they suit a learning rate.
The objective is strictly convex in the weights: there is one answer, and it is found.

    mean cross-entropy + l2 / (2 n) |W|^2

over `n` words whose features are standardized by the training set; biases are free. It is that of
scikit-learn's `LogisticRegression(C=1 / l2)` after a `StandardScaler`, and so is the result (of two
classes scikit-learn keeps one row of weights in place of two: its C is 2 / l2 there). The default,
l2 = 1, is scikit-learn's. A class without examples gets probability 0.

**How.** L-BFGS over all words at once, in float64. Features of encoders are strongly correlated and
classes are rare or frequent, which makes its steps short; so it walks in other coordinates, the
principal directions of the features times what the curvature at the start is for a class of this
frequency along a direction of this variance. Only the way changes, not where it ends. The sums over
the words of each class do not depend on the weights and are taken once, so an evaluation is two
matrix products and one softmax.

Sources: Liu and Nocedal 1989 (L-BFGS); Böhning 1992 (curvature of multinomial regression).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

from isogloss.base.errors import InputError, RunError

MEMORY = 20
"""Steps that L-BFGS remembers."""

ROWS = 16_384
"""Words that are answered at a time: bounds the memory, not the result."""


@final
@dataclass(frozen=True, eq=False)
class Probe:
    """A linear classifier of `C` classes over `d` features, and how far its training came."""

    weights: NDArray[np.float64]
    """[C, d] Of standardized features; they sum to 0 over the classes."""

    bias: NDArray[np.float64]
    """[C] They sum to 0 over the classes; minus infinity for a class without examples."""

    n_iterations: int

    gradient_norm: float
    """Largest part of the gradient of the objective, in absolute value, where training ended."""

    converged: bool
    """Whether that is below the tolerance; if not, the iterations were too few."""

    mean: NDArray[np.float64]
    """[d] Of the training set's features."""

    scale: NDArray[np.float64]
    """[d] Their standard deviations; 1 for a feature that is constant."""


class _Slope(NamedTuple):
    """The objective at some weights."""

    value: float
    weights: Tensor
    """[C, d] Gradient."""
    bias: Tensor
    """[C] Gradient."""

    @property
    def norm(self) -> float:
        """Largest part of the gradient, in absolute value."""
        return float(torch.maximum(self.weights.abs().max(), self.bias.abs().max()))


def fit_probe(
    features: NDArray[np.floating[Any]],
    labels: NDArray[np.int64],
    n_classes: int,
    *,
    l2: float = 1.0,
    max_iterations: int = 1000,
    tolerance: float = 1e-5,
) -> Probe:
    """Find the minimum; the same input gives the same probe.

    Args:
        features: [n, d] one row a word.
        labels: [n] class ids.
        n_classes: how many there are; some may have no example.
        l2: strength of the penalty, above 0; scikit-learn's 1 / C.
        max_iterations: of L-BFGS; `converged` says whether they were enough.
        tolerance: it has converged when no part of the gradient is larger.

    Raises:
        InputError: if there is no word.
        RunError: if a feature is not finite.
        ValueError: for arrays that do not fit, or a label or a penalty outside its range.
    """
    _check(features, labels, n_classes, l2)
    present, ids = np.unique(labels, return_inverse=True)
    standardized, mean, scale = _standardized(features)
    objective = _Objective.of(standardized, torch.from_numpy(ids), len(present), l2)
    weights, bias, n_iterations = _minimum(objective, max_iterations, tolerance)
    norm = objective.slope(weights, bias).norm
    all_weights = np.zeros((n_classes, features.shape[1]))
    all_weights[present] = weights.numpy()
    all_bias = np.full(n_classes, -np.inf)
    all_bias[present] = bias.numpy()
    return Probe(all_weights, all_bias, n_iterations, norm, norm < tolerance, mean, scale)


def probabilities(probe: Probe, features: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """[n, C] What a probe says of features [n, d]; NaN where a feature is not finite."""
    weights, bias = torch.from_numpy(probe.weights), torch.from_numpy(probe.bias)
    said = np.empty((len(features), len(bias)))
    for start in range(0, len(features), ROWS):
        part = features[start : start + ROWS]
        logits = torch.addmm(bias, torch.from_numpy((part - probe.mean) / probe.scale), weights.T)
        logits[torch.from_numpy(~np.isfinite(part).all(axis=1))] = torch.nan
        said[start : start + ROWS] = torch.softmax(logits, dim=1).numpy()
    return said


def _check(
    features: NDArray[np.floating[Any]], labels: NDArray[np.int64], n_classes: int, l2: float
) -> None:
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise ValueError(f"features {features.shape} and labels {labels.shape}: not [n, d] and [n]")
    if not len(labels):
        raise InputError("A probe has no word to learn from: give its language sentences.")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(f"a label outside 0 .. {n_classes - 1}: {labels.min()} .. {labels.max()}")
    if not l2 > 0:
        raise ValueError(f"l2 must be above 0, not {l2}: without a penalty there is no minimum")
    broken = int((~np.isfinite(features).all(axis=1)).sum())
    if broken:
        raise RunError(
            f"The encoder gives {broken} of {len(labels)} words features that are not finite, so "
            "no probe can learn from them: it has diverged. Train it at a lower learning rate."
        )


def _standardized(
    features: NDArray[np.floating[Any]],
) -> tuple[Tensor, NDArray[np.float64], NDArray[np.float64]]:
    """[n, d] in float64 with mean 0 and deviation 1; a constant feature is 0 everywhere."""
    found = features.astype(np.float64)
    constant = found.min(axis=0) == found.max(axis=0)
    mean = np.where(constant, found[0], found.mean(axis=0))
    found -= mean
    scale = np.sqrt(np.einsum("nd,nd->d", found, found) / len(found))
    scale[constant] = 1.0
    found /= scale
    return torch.from_numpy(found), mean, scale


@final
@dataclass(frozen=True, eq=False)
class _Objective:
    """What is minimized, over `C` classes that all have examples."""

    features: Tensor
    """[n, d] Standardized."""

    shares: Tensor
    """[C] Share of the words that are of each class."""

    sums: Tensor
    """[C, d] Sum of the features of each class, over n."""

    penalty: float
    """l2 / n."""

    @classmethod
    def of(cls, features: Tensor, ids: Tensor, n_classes: int, l2: float) -> "_Objective":
        n, width = features.shape
        sums = torch.zeros(n_classes, width, dtype=features.dtype).index_add_(0, ids, features)
        shares = torch.bincount(ids, minlength=n_classes).to(features.dtype) / n
        return cls(features, shares, sums / n, l2 / n)

    def slope(self, weights: Tensor, bias: Tensor) -> _Slope:
        """Value and gradient; [C, n] lies in memory so that sums over classes are fast."""
        logits = torch.addmm(bias[:, None], weights, self.features.T)
        top = logits.amax(dim=0)
        said = logits.sub_(top).exp_()
        total = said.sum(dim=0)
        normalizer = (total.log() + top).mean()
        said /= total
        value = normalizer - (weights * self.sums).sum() - bias @ self.shares
        value += self.penalty / 2 * (weights * weights).sum()
        gradient = said @ self.features / len(self.features) - self.sums
        gradient += self.penalty * weights
        return _Slope(float(value), gradient, said.mean(dim=1) - self.shares)


@final
@dataclass(frozen=True, eq=False)
class _Coordinates:
    """Where L-BFGS walks: all directions about equally curved at the start."""

    directions: Tensor
    """[d, d] Principal directions of the features, one a column."""

    weight_scale: Tensor
    """[C, d] 1 / sqrt of the curvature, by class and direction."""

    bias_scale: Tensor
    """[C]"""

    start: Tensor
    """[C] Biases that give every word the shares of the classes."""

    @classmethod
    def of(cls, objective: _Objective) -> "_Coordinates":
        features, shares = objective.features, objective.shares
        variances, directions = torch.linalg.eigh(features.T @ features / len(features))
        spread = shares * (1 - shares)
        curvature = torch.outer(spread, variances.clamp(min=0)) + objective.penalty
        return cls(directions, curvature.rsqrt(), spread.rsqrt(), shares.log())

    def weights(self, point: NDArray[np.float64]) -> tuple[Tensor, Tensor]:
        """Weights [C, d] and biases [C] at a point [C * (d + 1)].

        What all classes have in common says nothing and is taken off; the slope has none of it.
        """
        there = torch.from_numpy(point).view(len(self.start), -1)
        weights = there[:, :-1] * self.weight_scale
        bias = there[:, -1] * self.bias_scale + self.start
        return (weights - weights.mean(dim=0)) @ self.directions.T, bias - bias.mean()

    def gradient(self, slope: _Slope) -> NDArray[np.float64]:
        """[C * (d + 1)] The slope at a point, in these coordinates."""
        weights = (slope.weights @ self.directions) * self.weight_scale
        bias = slope.bias * self.bias_scale
        return torch.cat([weights, bias[:, None]], dim=1).view(-1).numpy()


def _minimum(
    objective: _Objective, max_iterations: int, tolerance: float
) -> tuple[Tensor, Tensor, int]:
    """Weights, biases, and the iterations that were needed."""
    n_classes, width = objective.sums.shape
    if n_classes == 1:
        return objective.sums.new_zeros(1, width), objective.shares.new_zeros(1), 0
    coordinates = _Coordinates.of(objective)
    last: list[float] = []

    def evaluate(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slope = objective.slope(*coordinates.weights(point))
        last[:] = [slope.norm]
        return slope.value, coordinates.gradient(slope)

    def stop(intermediate_result: Any) -> None:  # noqa: ARG001  scipy goes by the name
        if last[0] < tolerance:
            raise StopIteration

    start = np.zeros(n_classes * (width + 1))
    evaluate(start)
    if last[0] < tolerance:
        return *coordinates.weights(start), 0
    options = {
        "maxiter": max_iterations,
        "maxfun": 50 * max_iterations,
        "maxcor": MEMORY,
        "maxls": 50,
        "ftol": 0.0,
        "gtol": 0.0,
    }
    found = minimize(evaluate, start, method="L-BFGS-B", jac=True, callback=stop, options=options)
    return *coordinates.weights(found.x), int(found.nit)
