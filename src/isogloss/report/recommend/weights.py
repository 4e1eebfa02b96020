"""Weights: how much each criterion counts, and the one number that they make of a candidate.

The score is the weighted product of shares: each criterion is written as its share of the best
candidate (quality / best quality, lowest cost / cost), and shares are multiplied, each to the power
of its weight. So 1 % less quality at a weight of 0.6 costs 0.6 % of the score, and a doubled cost
at 0.4 costs 24 %.

Why not a sum of criteria scaled to 0 .. 1 between the worst and the best candidate? With two
candidates such a sum only asks which weights are larger: a difference of 0.001 in F1 counts as
much as one of 0.3, and a third, bad candidate can turn the choice around. The order of weighted
products depends on the two candidates that are compared and on nothing else.

Sources: Bridgman 1922, Dimensional Analysis; Miller and Starr 1969; Tofallis 2014, Add or Multiply?
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from isogloss.base.errors import InputError, UnknownName
from isogloss.report.recommend.candidate import Candidate
from isogloss.report.recommend.constraints import MEASURE

SAME_TO = 12
"""Scores that differ in later decimals only are equal: powers are not exact to the last bit."""


class Criterion(NamedTuple):
    """What may be weighed."""

    field: str
    """Of a candidate."""

    higher_is_better: bool
    remedy: str
    """What to do where it was not measured."""


CRITERIA = {
    "quality": Criterion("quality", True, "Run the study."),
    "cost": Criterion("cost", False, f"Give --price, the price of an hour. {MEASURE}"),
    "fairness": Criterion("fairness", True, "Run the study."),
    "expansion": Criterion(
        "expansion",
        True,
        "Add `leave_one_out` to the study's regimes, or target languages that are not trained on.",
    ),
}
"""Criteria by the name that weights use."""


@dataclass(frozen=True)
class Weighed:
    """A candidate's score and where it comes from."""

    name: str
    score: float
    """0 to 1; 1 is the best in everything that counts."""

    shares: dict[str, float]
    """Of the best feasible candidate, by criterion."""


def parse_weights(text: str) -> dict[str, float]:
    """Read weights as `quality=0.6,cost=0.4`; they are normalized to a sum of 1.

    Raises:
        UnknownName: for an unknown criterion.
        InputError: for a weight that is no number, is negative or given twice, or if none is above
            0.

    >>> parse_weights("quality=3, cost=1")
    {'quality': 0.75, 'cost': 0.25}
    """
    weights: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in CRITERIA:
            raise UnknownName("criterion", name, CRITERIA)
        if name in weights:
            raise InputError(f"--weights: {name} is given twice.")
        weights[name] = _number(name, value)
    return normalized(weights)


def normalized(weights: Mapping[str, float]) -> dict[str, float]:
    """Scale weights to a sum of 1; those of 0 are left out.

    Raises:
        UnknownName: for an unknown criterion.
        InputError: if a weight is negative or none is above 0.
    """
    for name, weight in weights.items():
        if name not in CRITERIA:
            raise UnknownName("criterion", name, CRITERIA)
        if not (math.isfinite(weight) and weight >= 0):
            raise InputError(f"--weights: {name}={weight} is not 0 or more.")
    total = math.fsum(weights.values())
    if total <= 0:
        raise InputError("--weights: no weight is above 0. Write for example quality=0.6,cost=0.4.")
    return {name: weight / total for name, weight in weights.items() if weight}


def unmeasured(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> dict[str, str]:
    """Candidates that lack a criterion that is weighed: name -> criterion.

    Raises:
        InputError: if all lack it.
    """
    found: dict[str, str] = {}
    for name in weights:
        lacking = [one for one in candidates if getattr(one, CRITERIA[name].field) is None]
        if len(lacking) == len(candidates):
            raise InputError(
                f"--weights {name}=...: no candidate was measured on {name}. "
                f"{CRITERIA[name].remedy}"
            )
        found |= {one.name: name for one in lacking}
    return found


def weigh(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> list[Weighed]:
    """Score candidates that have all criteria, the best one first; the first wins a tie.

    Args:
        candidates: feasible ones, none of which lacks a criterion.
        weights: normalized.
    """
    shares = {name: _shares(candidates, CRITERIA[name]) for name in weights}
    weighed = [
        Weighed(
            one.name,
            math.prod(shares[name][at] ** weight for name, weight in weights.items()),
            {name: shares[name][at] for name in weights},
        )
        for at, one in enumerate(candidates)
    ]
    return sorted(weighed, key=lambda one: -round(one.score, SAME_TO))


def _shares(candidates: Sequence[Candidate], criterion: Criterion) -> list[float]:
    values = [float(getattr(one, criterion.field)) for one in candidates]
    best = max(values) if criterion.higher_is_better else min(values)
    if criterion.higher_is_better:
        return [value / best if best > 0 else 1.0 for value in values]
    return [best / value if value > 0 else 1.0 for value in values]


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"--weights: {name}={text} is no number. Write for example quality=0.6,cost=0.4."
        ) from None
