"""The table that is looked at first: quality, times and costs of the encoders, a metric a line.

A cell is the mean that the tests are about, over seeds or over rounds of measuring, with its
interval; so what the table calls a tie is what the tests call a tie: the candidate is the best
mean, with all those beside it that cannot be told from it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from isogloss.report.comparison.differences import NOT_COMPARED, TIE
from isogloss.report.comparison.rounds import Repeats, interval_over
from isogloss.report.comparison.values import (
    Compared,
    Stated,
    Value,
    best_of,
    compare_values,
    interval_text,
    text_of,
)
from isogloss.report.numbers import number
from isogloss.report.records import Records

NO_REPEATS: Mapping[str, Mapping[str, Repeats]] = {}


def overview(
    quality: Records,
    times: Records,
    encoders: Sequence[str],
    repeats: Mapping[str, Mapping[str, Repeats]] = NO_REPEATS,
) -> Compared:
    """Put records of one setting and scope into one table.

    Args:
        quality: of `compare_encoders`, one a metric and pair.
        times: of `compare_repeats`, one a metric and pair.
        encoders: the columns, in order.
        repeats: the values that `times` compares, by metric and encoder; one that a single encoder
            has is in no pair, and shown all the same.

    Raises:
        InputError: for fewer than two encoders.
    """
    stated = _scores(quality) | {
        metric: {encoder: _mean(of_one) for encoder, of_one in of_encoder.items()}
        for metric, of_encoder in repeats.items()
    }
    values: dict[str, dict[str, Value]] = {encoder: {} for encoder in encoders}
    for metric, of_encoder in stated.items():
        for encoder, value in of_encoder.items():
            values[encoder][metric] = value
    undecided = {record["metric"] for record in times if record["verdict"] == NOT_COMPARED}
    return compare_values(values, ties=_ties([*quality, *times], stated), undecided=undecided)


def _ties(records: Records, stated: Mapping[str, Mapping[str, Stated]]) -> dict[str, list[str]]:
    """The encoders that cannot be told from the best one, by metric; none where it is alone."""
    tied: dict[str, list[str]] = {}
    for metric, of_encoder in stated.items():
        best = best_of(metric, {name: value.value for name, value in of_encoder.items()})
        pairs = [
            {record["first"], record["second"]}
            for record in records
            if record["metric"] == metric and record["verdict"] == TIE
        ]
        with_best = [pair for pair in pairs if best in pair]
        if with_best:
            tied[metric] = [name for name in of_encoder if any(name in pair for pair in with_best)]
    return tied


def _scores(records: Records) -> dict[str, dict[str, Stated]]:
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


def _mean(repeats: Repeats) -> Stated:
    found = interval_over(repeats)
    return Stated(found.mean, interval_text(found.mean, found.low, found.high))
