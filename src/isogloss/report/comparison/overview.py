"""The table that is looked at first: quality, times and costs of the encoders, a metric a line.

Made of records of differences, so what it calls a tie is what the tests call a tie: the candidate
is the best mean, with all those beside it that cannot be told from it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from isogloss.report.comparison.differences import NOT_COMPARED, TIE
from isogloss.report.comparison.directions import direction
from isogloss.report.comparison.values import Compared, Stated, Value, compare_values, text_of
from isogloss.report.numbers import number
from isogloss.report.records import Records


def overview(
    records: Records,
    encoders: Sequence[str],
    measured: Mapping[str, Mapping[str, float]] | None = None,
) -> Compared:
    """Put records of one setting and scope into one table.

    Args:
        records: of `compare_encoders` or `compare_repeats`, one a metric and pair.
        encoders: the columns, in order.
        measured: measured values by encoder and metric; they are shown as they are, whatever
            samples the records are made of.

    Raises:
        InputError: for fewer than two encoders.
    """
    values: dict[str, dict[str, Value]] = {encoder: {} for encoder in encoders}
    for metric, of_encoder in _stated(records).items():
        for encoder, stated in of_encoder.items():
            values[encoder][metric] = stated
    for encoder in encoders:
        values[encoder] |= (measured or {}).get(encoder, {})
    return compare_values(values, ties=ties_of(records))


def ties_of(records: Records) -> dict[str, list[str]]:
    """The encoders that cannot be told from the best one, by metric; none where it is alone."""
    tied: dict[str, list[str]] = {}
    for metric, of_encoder in _stated(records).items():
        up = direction(metric) != "lower"
        best = (max if up else min)(of_encoder, key=lambda name: of_encoder[name].value)
        pairs = [r for r in records if r["metric"] == metric and r["verdict"] == TIE]
        with_best = [{r["first"], r["second"]} for r in pairs if best in {r["first"], r["second"]}]
        if with_best:
            tied[metric] = [name for name in of_encoder if any(name in pair for pair in with_best)]
    return tied


def untested(records: Records) -> list[str]:
    """Pairs of encoders that share no seed, in words."""
    return sorted(
        {f"{r['first']} and {r['second']}" for r in records if r["verdict"] == NOT_COMPARED}
    )


def _stated(records: Records) -> dict[str, dict[str, Stated]]:
    """Means by metric and encoder, as in the first record that has them."""
    found: dict[str, dict[str, Stated]] = defaultdict(dict)
    for record in records:
        for place in ("first", "second"):
            score = f"{place}_score"
            low, high = record[f"{score}_low"], record[f"{score}_high"]
            known = low is not None and high is not None
            text = number(record[score], low, high) if known else text_of(record[score])
            found[record["metric"]].setdefault(record[place], Stated(record[score], text))
    return dict(found)
