"""The table that is looked at first: quality, times and costs of the encoders, a metric a line.

A cell is the mean that the tests are about, over seeds or over rounds of measuring, with its
interval; so what the table calls a tie is what the tests call a tie: the candidate is the best
mean, with all those beside it that cannot be told from it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from isogloss.report.cells import cut_ends
from isogloss.report.comparison.differences import NOT_COMPARED, TIE
from isogloss.report.comparison.directions import labeled
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
    records = [*quality, *times]
    compared = compare_values(
        values,
        ties=_with_best(records, stated, {TIE}, itself=True),
        undecided=undecided,
        apart=_with_best(records, stated, {"better", "worse"}, itself=False),
    )
    return _with_half_widths(compared, records)


def _with_half_widths(compared: Compared, records: Records) -> Compared:
    """How far the differences are known, from the records of the pairs they are of."""
    known = {
        (labeled(record["metric"]), record["first"], record["second"]): _half_width(record)
        for record in records
    }
    first, *others = compared.encoders
    lines = (
        replace(line, half_widths=tuple(known.get((line.metric, first, one)) for one in others))
        for line in compared.lines
    )
    return replace(compared, lines=tuple(lines))


def _half_width(record: Mapping[str, Any]) -> float | None:
    """Half the interval of a difference, in percent of the first score."""
    low, high, of = record["difference_low"], record["difference_high"], record["first_score"]
    return None if low is None or high is None or not of else (high - low) / abs(of) * 50


def _with_best(
    records: Records,
    stated: Mapping[str, Mapping[str, Stated]],
    verdicts: Collection[str],
    *,
    itself: bool,
) -> dict[str, list[str]]:
    """The encoders that a verdict sets beside the best one, by metric; none where none does.

    Args:
        records: one a metric and pair.
        stated: by metric and encoder.
        verdicts: that count.
        itself: whether the best one is among them.
    """
    found: dict[str, list[str]] = {}
    for metric, of_encoder in stated.items():
        best = best_of(metric, {name: value.value for name, value in of_encoder.items()})
        pairs = [
            {record["first"], record["second"]}
            for record in records
            if record["metric"] == metric and record["verdict"] in verdicts
        ]
        beside = {name for pair in pairs if best in pair for name in pair}
        if beside:
            found[metric] = [n for n in of_encoder if n in beside and (itself or n != best)]
    return found


def _scores(records: Records) -> dict[str, dict[str, Stated]]:
    """Means by metric and encoder, as in the first record that has them."""
    found: dict[str, dict[str, Stated]] = defaultdict(dict)
    for record in records:
        for place in ("first", "second"):
            score = f"{place}_score"
            low, high = record[f"{score}_low"], record[f"{score}_high"]
            known = low is not None and high is not None
            cut = cut_ends(record, score)
            text = number(record[score], low, high, cut=cut) if known else text_of(record[score])
            found[record["metric"]].setdefault(record[place], Stated(record[score], text))
    return dict(found)


def _mean(repeats: Repeats) -> Stated:
    found = interval_over(repeats)
    text = interval_text(found.mean, found.low, found.high, cut=found.low == 0.0)
    return Stated(found.mean, text)
