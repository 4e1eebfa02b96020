"""Quality against one cost at a time: where each candidate stands, and who is on the front of each.

The recommendation looks at all costs together; a picture has room for one. Whoever is on the front
of one cost is not beaten in quality by anybody who pays less of that cost.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from isogloss.report.comparison.fields import interval_of
from isogloss.report.comparison.rounds import RATE, Price, Repeats, Rounds, interval_over
from isogloss.report.recommend.candidate import Candidate
from isogloss.report.records import Record
from isogloss.stats.pareto import pareto_front


class Cost(NamedTuple):
    """What a candidate may cost."""

    metric: str
    """Its name among measured values."""

    words: str
    """With its unit."""

    more_is_better: bool = False


def costs_of(price: Price | None) -> list[Cost]:
    """All costs, money first if an hour has a price."""
    money = [] if price is None else [Cost(price.metric, _money(price))]
    return [
        *money,
        Cost("single_stream_p99_ms", "p99 latency of one answer (ms)"),
        Cost(RATE, "sentences per second, offline", more_is_better=True),
        Cost("peak_rss_mb", "peak memory (MB)"),
    ]


def fronts(
    candidates: Sequence[Candidate], rounds: Rounds, price: Price | None
) -> dict[Cost, list[Record]]:
    """One record per candidate by cost; costs that nobody was measured on are left out.

    Args:
        candidates: of a study.
        rounds: measured values and costs of the same study.
        price: of an hour of the machine.

    Returns:
        Records with `candidate`, `encoder`, `form`, the `value` of the cost and the `quality` with
        their intervals, and `front`: whether nobody has more quality for as little.
    """
    found = {}
    for cost in costs_of(price):
        records = [
            _record(one, repeats)
            for one in candidates
            if (repeats := rounds.get((one.encoder, one.form), {}).get(cost.metric))
        ]
        if records:
            front = _front(records, cost)
            found[cost] = [{**record, "front": record["candidate"] in front} for record in records]
    return found


def _record(one: Candidate, repeats: Repeats) -> Record:
    return {
        "candidate": one.name,
        "encoder": one.encoder,
        "form": one.form,
        **interval_of("value", interval_over(repeats)),
        "quality": one.quality,
        "quality_low": one.quality_low,
        "quality_high": one.quality_high,
    }


def _front(records: Sequence[Mapping[str, object]], cost: Cost) -> list[str]:
    points = {str(r["candidate"]): (r["quality"], r["value"]) for r in records}
    return pareto_front(points, (True, cost.more_is_better))  # type: ignore[arg-type]


def _money(price: Price) -> str:
    unit = f" ({price.currency})" if price.currency else ""
    return f"cost of a million sentences{unit}"
