"""What the decision panel computes with: candidates, and every rule, word and unit of the choice.

The scripts of the panel hold the arithmetic of `isogloss.report.recommend` again, since a page runs
no Python. What can be data is data: which limits and criteria there are, what a remedy says, where
a tie begins. A test compares the two on random candidates.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from isogloss.report.comparison.differences import ALPHA
from isogloss.report.comparison.fields import interval_of
from isogloss.report.comparison.rounds import RATE, Price, Rounds, interval_over, with_cost
from isogloss.report.comparison.values import SMALL
from isogloss.report.html.blocks import Widget, grouped
from isogloss.report.html.evidence import Comparing
from isogloss.report.numbers import plain
from isogloss.report.recommend.candidate import Candidate
from isogloss.report.recommend.constraints import KINDS, limit_of
from isogloss.report.recommend.recommend import CHEAPEST, RESPECTS
from isogloss.report.recommend.weights import CRITERIA

Rates = Sequence[Mapping[str, Any] | None]
"""Of each candidate: its rate in each round, and the bounds of its cost at a price of 1."""

PER_UNIT = Price(1.0)

MEANING = {
    "quality": "the mean over the languages trained on",
    "cost": "of a million sentences, at full load",
    "fairness": "the score of the worst of those languages",
    "expansion": "the mean zero-shot score on {tests}",
}
"""Criteria in words, for who has not read the manual."""


def decision_panel(comparing: Comparing) -> Widget:
    """The panel of a comparison."""
    caption = "Weigh, set limits, and see who is left and who leads"
    data = {
        **rules(comparing.candidates, comparing.recommendation.currency),
        "rates": rates(comparing.candidates, comparing.comparison.rounds),
        "command": comparing.command,
    }
    offered = offers(comparing, data["rates"])
    return Widget("decision", "panel", caption, {**data, "offered": offered})


def rules(candidates: Sequence[Candidate], currency: str) -> dict[str, Any]:
    """Candidates, and by which rules one of them is chosen."""
    return {
        "candidates": [
            {**one.to_json(), "worst_name": one.worst_name, "over": one.over} for one in candidates
        ],
        "currency": currency,
        "alpha": ALPHA,
        "small": SMALL,
        "limits": list(_limits()),
        "criteria": [{"name": name, **one._asdict()} for name, one in CRITERIA.items()],
        "respects": list(RESPECTS.items()),
        "cheapest": list(CHEAPEST.items()),
    }


def rates(candidates: Sequence[Candidate], rounds: Rounds) -> Rates:
    """What a cost is computed from at any price; None of candidates that were not measured."""
    priced = with_cost(rounds, PER_UNIT)
    return [_rates(priced.get((one.encoder, one.form), {})) for one in candidates]


def offers(comparing: Comparing, rates: Rates) -> dict[str, Any]:
    """What can be asked: weights and limits on what was measured of somebody."""
    candidates, metric = comparing.candidates, comparing.comparison.asked.metric
    tests, priced = candidates[0].expansion_tests, any(rates)
    weights = [
        {"name": name, "words": MEANING[name].format(tests=", ".join(tests))}
        for name, criterion in CRITERIA.items()
        if _known(candidates, criterion.field) or (priced and name == "cost")
    ]
    limits = [
        {
            "name": limit["name"],
            "words": KINDS[limit["name"]].asked.format(metric=metric),
            "unit": limit["unit"].strip(),
            "span": _span(_known(candidates, limit["field"]), len(candidates)),
        }
        for limit in _limits()
        if _known(candidates, limit["field"])
    ]
    return {"weights": weights, "limits": limits, "price": _price(comparing) if priced else None}


def _limits() -> Iterator[dict[str, Any]]:
    """All constraints, by the names that `Constraints` has for them."""
    for name, kind in KINDS.items():
        yield {"name": name, "most": kind.top, **limit_of(name, 1)._asdict()}


def _rates(values: Mapping[str, Any]) -> dict[str, Any] | None:
    costs = values.get(PER_UNIT.metric)
    if not costs:
        return None
    bounds = interval_of("cost", interval_over(costs))
    of_rounds = [rate for rate in values[RATE].values() if rate > 0]
    return {"per_second": of_rounds, "low": bounds["cost_low"], "high": bounds["cost_high"]}


def _known(candidates: Sequence[Candidate], field: str) -> list[float]:
    values = (getattr(one, field) for one in candidates)
    return [value for value in values if value is not None]


def _span(values: Sequence[float], n: int) -> str:
    """What was measured, for who has no idea what to ask for."""
    low, high = grouped(plain(min(values))), grouped(plain(max(values)))
    told = low if low == high else f"{low} to {high}"
    return f"measured: {told}" + ("" if len(values) == n else f", of {len(values)} of {n}")


def _price(comparing: Comparing) -> str:
    price = comparing.comparison.price
    if price is None:
        return "the study has none"
    return f"the study's: {price.per_hour:g} {price.currency}".strip()
