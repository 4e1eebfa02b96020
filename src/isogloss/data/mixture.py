"""Which language each window of a step comes from: five rules, each exact and not only on average.

A mixture that draws languages at random gives a small language a few percent more or less than its
share, and two arms that are compared then differ in data too. Here the windows drawn of a language
after any step are those it is due, rounded up or down, whatever the rule, also where the rule
changes on the way. A language goes through all its windows, shuffled, before any comes again.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Literal, NamedTuple, final, get_args

import numpy as np
from numpy.typing import NDArray

from isogloss.base.errors import InputError, UnknownName
from isogloss.data.ragged import Indices

Kind = Literal["natural", "balanced", "alpha", "unimax", "annealed", "given"]
KINDS = get_args(Kind)
NEEDS = {"alpha": ("alpha",), "unimax": ("max_epochs",), "annealed": ("alpha", "alpha_end")}
ROUNDING = 1e-6  # a sum of floats this close to a whole number is one


@final
@dataclass(frozen=True)
class Mixing:
    """How often each language is drawn, given the sizes of their texts in windows."""

    kind: Kind
    """`natural`: by size; `balanced`: all alike; `alpha`: by size to a power; `unimax`: all alike,
    but none more often than `max_epochs` times its text; `annealed`: a power that changes;
    `given`: by `shares`."""

    alpha: float | None = None
    """The power: 1 is natural, 0 is balanced; for `annealed` that of the first step."""

    alpha_end: float | None = None
    """For `annealed` the power of the last step; above or below `alpha`."""

    max_epochs: float | None = None
    """For `unimax`: passes over the text of a language that are allowed."""

    shares: tuple[float, ...] | None = None
    """For `given`: the share of each language, at least 0 and 1 in all."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownName("mixing", self.kind, KINDS)
        for name in NEEDS.get(self.kind, ()):
            value = getattr(self, name)
            if value is None or not math.isfinite(value):
                raise InputError(f"Mixing {self.kind} needs {name}: give it a number.")
        if (self.kind == "given") != (self.shares is not None):
            raise ValueError("shares belong to given, which needs them")
        if self.kind == "unimax" and (self.max_epochs or 0) <= 0:
            raise InputError("Mixing unimax needs max_epochs above 0.")


def probabilities(
    mixing: Mixing, sizes: Sequence[int] | Indices, *, progress: float, total_draws: int
) -> NDArray[np.float64]:
    """The share of each language among the windows that are drawn.

    Args:
        mixing: the rule.
        sizes: [languages] Windows of each language, all above 0.
        progress: how much of the training is over, from 0 (first step) to 1 (last step).
        total_draws: windows drawn in the whole training, which limits `unimax`.

    Returns:
        [languages] Shares that sum to 1.

    Raises:
        InputError: a language has no windows, or `max_epochs` passes over all of them are fewer
            than `total_draws` windows.

    >>> probabilities(Mixing("alpha", alpha=0.5), [1, 9], progress=0, total_draws=10).tolist()
    [0.25, 0.75]
    """
    n = np.asarray(sizes, dtype=np.float64)
    empty = np.flatnonzero(n < 1).tolist()
    if empty or not len(n):
        which = f"numbers {', '.join(map(str, empty))} (from 0) have" if len(n) else "there are"
        raise InputError(f"Languages to mix: {which} no windows. Leave out those without text.")
    if mixing.shares is not None:
        return np.asarray(mixing.shares, dtype=np.float64)
    if mixing.kind == "unimax":
        return _unimax(n, mixing.max_epochs or 0.0, total_draws)
    power = _power(mixing, progress)
    weights = n if power == 1 else (n / n.max()) ** power
    return np.asarray(weights / weights.sum())


def _power(mixing: Mixing, progress: float) -> float:
    if mixing.kind in {"natural", "balanced"}:
        return 1.0 if mixing.kind == "natural" else 0.0
    start = mixing.alpha or 0.0
    if mixing.kind == "alpha":
        return start
    return start + ((mixing.alpha_end or 0.0) - start) * progress


def _unimax(sizes: NDArray[np.float64], max_epochs: float, total_draws: int) -> NDArray[np.float64]:
    """Deal out draws from the smallest language on (Chung et al. 2023, arXiv 2304.09151).

    Each gets an equal part of what is left, or its cap; what a cap leaves goes to the larger ones.
    """
    caps = max_epochs * sizes
    if caps.sum() < total_draws * (1 - ROUNDING):
        raise InputError(
            f"unimax with max_epochs {max_epochs:g} allows {math.floor(caps.sum()):,} windows, and "
            f"the training draws {total_draws:,}. Raise max_epochs, or train for fewer steps."
        )
    shares = np.zeros(len(sizes))
    left = float(total_draws)
    for turn, language in enumerate(np.argsort(sizes, kind="stable")):
        shares[language] = min(left / (len(sizes) - turn), caps[language])
        left -= shares[language]
    return np.asarray(shares / shares.sum())


class Step(NamedTuple):
    """The windows of one step, sorted by language."""

    languages: Indices
    """[n] The language of each window."""

    windows: Indices
    """[n] Which window of its language."""

    passes: Indices
    """[n] How often that window was drawn before."""


def draw_steps(
    mixing: Mixing,
    sizes: Sequence[int] | Indices,
    *,
    per_step: int,
    total_steps: int,
    seed: int,
    first_step: int = 0,
) -> Iterator[Step]:
    """Draw the windows of each step of a training, from `first_step` (from 0) to the last.

    An epoch is as many windows as there are, in steps of `per_step`; its last step takes what is
    left. After any step, each language was drawn as often as the sum of its shares so far says,
    rounded up or down. So a natural epoch has every window once, and so has a balanced one of
    languages of one size.

    A step is a function of the arguments and its number alone: beginning at `first_step` gives what
    beginning at 0 gives from there on. That costs a count of the steps before, some 10 microseconds
    each; the shares of all steps are held in memory.

    Args:
        mixing: the rule.
        sizes: [languages] Windows of each language, all above 0.
        per_step: windows of a step.
        total_steps: steps of the whole training.
        seed: which order the windows of each language come in.
        first_step: how many steps were done before.

    Raises:
        InputError: see `probabilities`.
    """
    n_draws = _draws_of_steps(int(np.sum(sizes)), per_step, total_steps)
    due = _due(mixing, sizes, n_draws)
    orders = [_Order(int(size), seed, language) for language, size in enumerate(sizes)]
    counts = islice(pairwise(_counts(due, n_draws)), first_step, None)
    return (_step(orders, before, after) for before, after in counts)


def _draws_of_steps(n: int, per_step: int, total_steps: int) -> Indices:
    """[steps] Windows of each step."""
    steps_per_epoch = math.ceil(n / per_step)
    last = n - (steps_per_epoch - 1) * per_step
    ends_epoch = np.arange(1, total_steps + 1) % steps_per_epoch == 0
    return np.where(ends_epoch, last, per_step).astype(np.int64)


def _due(mixing: Mixing, sizes: Sequence[int] | Indices, n_draws: Indices) -> NDArray[np.float64]:
    """[steps + 1, languages] Windows that each language should have had before each step."""
    total, last = int(n_draws.sum()), max(1, len(n_draws) - 1)
    if mixing.kind == "annealed":
        shares = [
            probabilities(mixing, sizes, progress=step / last, total_draws=total)
            for step in range(len(n_draws))
        ]
        of_steps = n_draws[:, None] * np.reshape(shares, (-1, len(sizes)))
        due: NDArray[np.float64] = np.cumsum(of_steps, axis=0)
    else:
        share = probabilities(mixing, sizes, progress=0.0, total_draws=total)
        due = np.cumsum(n_draws)[:, None] * share
    due = np.concatenate([np.zeros((1, len(sizes))), due])
    whole = np.rint(due)
    return np.where(np.abs(due - whole) < ROUNDING, whole, due)


def _counts(due: NDArray[np.float64], n_draws: Indices) -> Iterator[Indices]:
    """Yield the windows of each language before the first step, and after each.

    What a language is due is rounded up or down. Rounding by the largest remainder alone would take
    back windows already drawn, or let a language fall behind by more than one; so of the languages
    that may be rounded up, those come first whose next window must come soonest, which is always
    enough (the schedule of earliest deadlines, Baruah et al. 1996, with a step for a slot).
    """
    at_least = np.floor(due).astype(np.int64)
    may_have_more = np.ceil(due) > at_least
    deadlines = np.stack(
        [np.searchsorted(column, np.floor(column) + 1) for column in due.T], axis=1
    )
    drawn = at_least[0]
    yield drawn
    for step, n in enumerate(n_draws, start=1):
        before = drawn
        drawn = np.maximum(before, at_least[step])
        behind = may_have_more[step] & (drawn == at_least[step])
        soonest = np.lexsort((at_least[step] - due[step], deadlines[step], ~behind))
        drawn[soonest[: n - int((drawn - before).sum())]] += 1
        yield drawn


class _Order:
    """The windows of one language in the order they are drawn in, shuffled anew for each pass."""

    def __init__(self, size: int, seed: int, language: int) -> None:
        self._size, self._name = size, [seed, language]
        self._shuffled = (-1, np.empty(0, np.int64))

    def stretch(self, start: int, end: int) -> tuple[Indices, Indices]:
        """Windows and passes of the draws from `start` to `end`."""
        draws = np.arange(start, end)
        passes, within = np.divmod(draws, self._size)
        windows = np.empty(len(draws), np.int64)
        for number in np.unique(passes):
            here = passes == number
            windows[here] = self._shuffle(int(number))[within[here]]
        return windows, passes

    def _shuffle(self, number: int) -> Indices:
        if self._shuffled[0] != number:
            rng = np.random.default_rng([*self._name, number])
            self._shuffled = (number, rng.permutation(self._size))
        return self._shuffled[1]


def _step(orders: Sequence[_Order], before: Indices, after: Indices) -> Step:
    drawn = [
        order.stretch(start, end)
        for order, start, end in zip(orders, before.tolist(), after.tolist(), strict=True)
    ]
    languages = np.repeat(np.arange(len(orders)), after - before)
    windows, passes = (np.concatenate(column) for column in zip(*drawn, strict=True))
    return Step(languages, windows, passes)
