"""The choice: who is left under the constraints, who is on the Pareto front, and whom to take.

Without weights: the best quality, and among those that cannot be told from the best the cheapest,
since a difference that may be noise is not worth money. With weights: the highest weighted score
(see `isogloss.report.recommend.weights`). In both cases all candidates that tie with the choice on
quality are named (with the choice, which need not be the best); tied means a Holm-corrected
p-value of 0.05 or more, over all candidates that the choice is compared with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, NamedTuple, final

from isogloss.base.errors import InputError
from isogloss.report.comparison.differences import ALPHA
from isogloss.report.comparison.values import SMALL, text_of
from isogloss.report.numbers import number, plain
from isogloss.report.recommend.candidate import Candidate
from isogloss.report.recommend.constraints import Constraints, Exclusion, excluded, nobody
from isogloss.report.recommend.weights import (
    CRITERIA,
    SAME_TO,
    Weighed,
    normalized,
    unmeasured,
    weigh,
)
from isogloss.stats.correction import holm
from isogloss.stats.pareto import pareto_front

RESPECTS = {
    "quality": True, "cost": False, "latency_ms": False, "memory_mb": False,
}  # fmt: skip
"""What the Pareto front is about, and whether more is better; what is weighed comes in addition."""

CHEAPEST = {"cost": "per million sentences", "latency_ms": "ms (p99)", "memory_mb": "MB of memory"}
"""What makes a candidate cheap, the first that all in question have; with its unit."""


@final
@dataclass(frozen=True)
class Recommendation:
    """A choice and all that speaks for and against it."""

    choice: str
    lines: tuple[str, str, str]
    """Choice, reason, and who ties with it."""

    ties: tuple[str, ...]
    """Feasible candidates that cannot be told from the choice on quality."""

    front: tuple[str, ...]
    """Feasible candidates that nobody dominates."""

    respects: tuple[str, ...]
    """What the front is about."""

    excluded: tuple[Exclusion, ...]
    weights: Mapping[str, float]
    """Normalized; empty if none were given."""

    weighed: tuple[Weighed, ...]
    """Scores under the weights, the best first; empty without weights."""

    constraints: Constraints
    candidates: tuple[Candidate, ...]
    currency: str = ""
    """Of the costs."""

    @property
    def expansion_tests(self) -> tuple[str, ...]:
        """The tests that expansion is the mean of, in words; the same for all candidates."""
        return self.candidates[0].expansion_tests

    def _repr_html_(self) -> str:
        """The three lines, for notebooks."""
        first, *others = map(escape, self.lines)
        items = "".join(f"<li>{line}</li>" for line in others)
        return f"<p><strong>{first}</strong></p><ul>{items}</ul>"

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "choice": self.choice,
            "lines": list(self.lines),
            "ties": list(self.ties),
            "pareto_front": list(self.front),
            "pareto_respects": list(self.respects),
            "excluded": [one._asdict() for one in self.excluded],
            "weights": dict(self.weights),
            "weighed": [asdict(one) for one in self.weighed],
            "constraints": self.constraints.to_json(),
            "currency": self.currency,
            "expansion_tests": list(self.expansion_tests),
            "candidates": [one.to_json() for one in self.candidates],
        }


class _Left(NamedTuple):
    """Who may be chosen, and why the others may not."""

    feasible: list[Candidate]
    excluded: list[Exclusion]


class _Chosen(NamedTuple):
    one: Candidate
    reason: str


def recommend(
    candidates: Sequence[Candidate],
    constraints: Constraints,
    weights: Mapping[str, float] | None = None,
    *,
    currency: str = "",
) -> Recommendation:
    """Choose among candidates.

    Args:
        candidates: two or more, or one; names differ.
        constraints: limits that the choice keeps to.
        weights: by criterion (`quality`, `cost`, `fairness`, `expansion`); None for the best
            quality and the cheapest of its ties.
        currency: of the costs, for the words.

    Raises:
        InputError: if there is no candidate, nobody keeps to the constraints (it says who comes
            closest), or nobody was measured on what a constraint or weight is about.
        UnknownName: for an unknown criterion.
    """
    if not candidates:
        raise InputError("There is no candidate to recommend: run the study.")
    kept = _kept(candidates, constraints)
    wanted = normalized(weights) if weights is not None else {}
    feasible, out = _measured(kept, wanted)
    respects = _respects(feasible, wanted)
    front = _front(feasible, respects)
    weighed = _undominated_first(weigh(feasible, wanted), front) if wanted else []
    chosen = _by_weights(feasible, weighed, wanted) if wanted else _by_quality(feasible, currency)
    ties = tuple(tied(chosen.one, feasible))
    return Recommendation(
        choice=chosen.one.name,
        lines=(
            f"Choice: {chosen.one.name}.",
            f"Reason: {chosen.reason}.",
            _ties_line(chosen.one, ties, feasible),
        ),
        ties=ties,
        front=front,
        respects=respects,
        excluded=tuple(out),
        weights=wanted,
        weighed=tuple(weighed),
        constraints=constraints,
        candidates=tuple(candidates),
        currency=currency,
    )


def _kept(candidates: Sequence[Candidate], constraints: Constraints) -> _Left:
    """Those that keep to the constraints."""
    out = excluded(candidates, constraints)
    gone = {one.candidate for one in out}
    feasible = [one for one in candidates if one.name not in gone]
    if not feasible:
        raise nobody(candidates, constraints)
    return _Left(feasible, out)


def _measured(kept: _Left, weights: Mapping[str, float]) -> _Left:
    """Those of them that were measured on all that is weighed."""
    lacking = unmeasured(kept.feasible, weights)
    feasible = [one for one in kept.feasible if one.name not in lacking]
    if not feasible:
        raise InputError(
            f"No candidate was measured on all of {', '.join(weights)}; weigh fewer criteria."
        )
    out = [Exclusion(f"weight on {what}", name, None, 0.0) for name, what in lacking.items()]
    return _Left(feasible, [*kept.excluded, *out])


def tied(candidate: Candidate, others: Sequence[Candidate]) -> list[str]:
    """Those of the others that cannot be told from a candidate on quality, after Holm."""
    tested = {one.name: candidate.p[one.name] for one in others if one.name in candidate.p}
    return [name for name, p in holm(tested).items() if p >= ALPHA]


def _by_quality(feasible: Sequence[Candidate], currency: str) -> _Chosen:
    """The best quality; among its ties the cheapest, the better one of equally cheap ones."""
    best = max(feasible, key=lambda one: one.quality)
    words = f"{best.metric} {_quality(best)}{_over(best)}"
    if len(feasible) == 1:
        return _Chosen(best, f"the only candidate that meets the constraints; {words}")
    names = set(tied(best, feasible))
    group = [one for one in feasible if one.name in names or one is best]
    cheap = next((f for f in CHEAPEST if all(getattr(one, f) is not None for one in group)), None)
    if len(group) == 1 or cheap is None:
        why = "" if len(group) == 1 else "; its ties were not measured, so none is known as cheaper"
        return _Chosen(best, f"best {words}{why}")
    choice = min(group, key=lambda one: (getattr(one, cheap), -one.quality))
    price = _price(choice, cheap, currency)
    if choice is best:
        return _Chosen(best, f"best {words}, and the cheapest of those that tie with it ({price})")
    reason = (
        f"{best.metric} {_quality(choice)}{_over(choice)}, not told apart from the best "
        f"({best.name}, {_quality(best)}); cheapest of these: {price} against "
        f"{_price(best, cheap, currency)}"
    )
    return _Chosen(choice, reason)


def _by_weights(
    feasible: Sequence[Candidate], weighed: Sequence[Weighed], weights: Mapping[str, float]
) -> _Chosen:
    first = weighed[0]
    choice = next(one for one in feasible if one.name == first.name)
    listed = ", ".join(
        f"{name} {plain(getattr(choice, CRITERIA[name].field))} at a weight of {weight:.2g}"
        for name, weight in weights.items()
    )
    if len(weighed) == 1:
        return _Chosen(choice, f"the only candidate that is left; {listed}")
    follows = f"next: {weighed[1].name} with {weighed[1].score:.3f}"
    return _Chosen(choice, f"highest weighted score, {first.score:.3f} of 1 ({listed}); {follows}")


def _undominated_first(weighed: Sequence[Weighed], front: Sequence[str]) -> list[Weighed]:
    """Of equal scores, put those on the front first: they are better in what is not weighed."""
    return sorted(weighed, key=lambda one: (-round(one.score, SAME_TO), one.name not in front))


def _ties_line(choice: Candidate, ties: Sequence[str], feasible: Sequence[Candidate]) -> str:
    others = [one.name for one in feasible if one is not choice]
    if not others:
        return "Ties: nobody else is left to tie with it."
    untested = [name for name in others if name not in choice.p]
    more = f" Not tested against {', '.join(untested)}: no seed is shared." if untested else ""
    if ties:
        return f"Ties: {', '.join(ties)} cannot be told from it on {choice.metric}.{more}"
    if len(untested) == len(others):
        return f"Ties: unknown.{more}"
    return f"Ties: none; it differs from each other candidate on {choice.metric}.{more}"


def _respects(feasible: Sequence[Candidate], weights: Mapping[str, float]) -> tuple[str, ...]:
    """What is known of all feasible candidates, and what is weighed."""
    named = dict.fromkeys([*RESPECTS, *(CRITERIA[name].field for name in weights)])
    return tuple(
        respect for respect in named if all(getattr(one, respect) is not None for one in feasible)
    )


def _front(feasible: Sequence[Candidate], respects: Sequence[str]) -> tuple[str, ...]:
    points = {one.name: [getattr(one, respect) for respect in respects] for one in feasible}
    up = [RESPECTS.get(respect, True) for respect in respects]
    return tuple(pareto_front(points, up))


def _quality(one: Candidate) -> str:
    return number(one.quality, one.quality_low, one.quality_high)


def _over(one: Candidate) -> str:
    return f" {one.over}" if one.over else ""


def _price(one: Candidate, field: str, currency: str) -> str:
    paid = f" {currency}" if currency and field == "cost" else ""
    value = getattr(one, field)
    text = text_of(value) if 0 < value < SMALL else plain(value)
    return f"{text}{paid} {CHEAPEST[field]}"
