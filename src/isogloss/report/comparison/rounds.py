"""What was measured on purpose, round by round, and what that costs in money.

A measured value has a sample a round of measuring. Its estimate, everywhere in a comparison, is the
mean over rounds, with Student's t interval over them; the cost of a million sentences is computed
in each round from its rate, so that it has an interval too. Values are those of one training: a
cell never shows the speed of another model than the one whose quality stands beside it.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import final

from isogloss.base.errors import InputError
from isogloss.report.comparison.results import TRAINED_FORM, Setting
from isogloss.report.records import Row
from isogloss.stats.intervals import Interval, mean_interval

EFFICIENCY = "efficiency"
"""The split of rows of measured values."""

RATE = "offline_samples_per_second"
"""What a cost is computed from."""

SECONDS_PER_HOUR = 3600
MILLION = 1e6

Repeats = Mapping[int, float]
"""A value by seed, or by round of measuring."""

Place = tuple[str, str]
"""An encoder and its form."""

Samples = Mapping[Place, Mapping[str, Sequence[float]]]
"""Raw samples of measured values, a sample a round."""

Rounds = Mapping[Place, Mapping[str, Repeats]]
"""Measured values by encoder and form, metric and round."""


@final
@dataclass(frozen=True)
class Price:
    """What an hour of the machine costs."""

    per_hour: float
    currency: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.per_hour < math.inf:
            raise InputError(f"A price of {self.per_hour} per hour is none; give 0 or more.")

    @property
    def metric(self) -> str:
        """The name of the cost, with its currency.

        >>> Price(0.5, "EUR").metric
        'cost_per_million (EUR)'
        """
        return "cost_per_million" + (f" ({self.currency})" if self.currency else "")


def rounds_of(rows: Iterable[Row], samples: Samples, setting: Setting) -> Rounds:
    """Measured values of models trained in a setting.

    Where no samples are known, the value in the rows is the only round.
    """
    found: dict[Place, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["split"] == EFFICIENCY and _training(row) == setting[:3]:
            place = row["encoder"], row.get("form") or TRAINED_FORM
            found[place][row["metric"]].append(float(row["value"]))
    return {
        place: {
            metric: dict(enumerate(samples.get(place, {}).get(metric, ()))) or {0: fmean(values)}
            for metric, values in of_one.items()
        }
        for place, of_one in found.items()
    }


def measured_trainings(rows: Iterable[Row]) -> list[Setting]:
    """The settings of all models that were measured; their split is that of measured values."""
    return list(
        dict.fromkeys(
            Setting(*_training(row), EFFICIENCY) for row in rows if row["split"] == EFFICIENCY
        )
    )


def with_cost(rounds: Rounds, price: Price | None) -> Rounds:
    """Add the cost of a million sentences to each candidate whose offline rate was measured."""
    if price is None:
        return rounds
    return {
        place: {**values, price.metric: _costs(values[RATE], price)} if RATE in values else values
        for place, values in rounds.items()
    }


def cost_per_million(per_second: float, price_per_hour: float) -> float:
    """Price of a million sentences at a constant rate, on a machine that is never idle.

    >>> cost_per_million(100.0, 3.6)
    10.0
    """
    return MILLION / per_second / SECONDS_PER_HOUR * price_per_hour


def by_metric(rounds: Rounds, encoders: Sequence[str]) -> dict[str, dict[str, Repeats]]:
    """Values of encoders in the form as trained, by metric, encoder and round."""
    found: dict[str, dict[str, Repeats]] = defaultdict(dict)
    for encoder in encoders:
        for metric, repeats in rounds.get((encoder, TRAINED_FORM), {}).items():
            found[metric][encoder] = repeats
    return dict(found)


def interval_over(repeats: Repeats) -> Interval:
    """The mean over rounds or seeds; none of these values is below 0, so no bound is either."""
    found = mean_interval(list(repeats.values()))
    if found.low is None or found.low >= 0:
        return found
    return replace(found, low=0.0)


def _training(row: Row) -> tuple[str, tuple[str, ...], int | None]:
    return row["regime"], tuple(row["source_languages"]), row["n_per_language"]


def _costs(rates: Repeats, price: Price) -> Repeats:
    return {at: cost_per_million(rate, price.per_hour) for at, rate in rates.items() if rate > 0}
