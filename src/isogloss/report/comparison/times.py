"""How fast encoders answered: the times of evaluations, and the test of any value that repeats.

Two kinds that must not be mixed up. `eval_runtime` and its rates are told by every evaluation as
Trainer tells them, while other work may have shared the machine. What stands under the split
`efficiency` was measured alone, candidates in turn (see `rounds.py`). Both are compared by a paired
interval (Student's t over seeds, or over rounds of measuring). What was measured alone has a
verdict: a tie if the interval holds 0. Of the times of evaluations nobody is called the better one,
as the machine may have been busy with something else.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from isogloss.report.comparison.differences import NOT_COMPARED, verdict
from isogloss.report.comparison.fields import interval_of, percent_of
from isogloss.report.comparison.results import TRAINED_FORM, Setting, once
from isogloss.report.comparison.rounds import Repeats, interval_over
from isogloss.report.records import Record, Row
from isogloss.stats.intervals import Interval, paired_interval

TIMES = ("eval_runtime", "eval_samples_per_second", "eval_steps_per_second")


def times_of(rows: Iterable[Row], setting: Setting) -> dict[str, dict[str, Repeats]]:
    """Times of evaluations of one setting, by metric and encoder, over all targets together.

    Seconds add up over targets; a rate is what was done in all of them over the seconds of all. A
    seed that lacks a target that another has is left out.
    """
    found: dict[tuple[str, int], dict[str, dict[str, float]]] = defaultdict(dict)
    for row in rows:
        if row["metric"] in TIMES and _is_of(row, setting):
            run = found[row["encoder"], row["seed"]]
            run.setdefault(row["target_language"], {})[row["metric"]] = row["value"]
    targets = {target for run in found.values() for target in run}
    times: dict[str, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for (encoder, seed), run in found.items():
        if run.keys() == targets and all(len(one) == len(TIMES) for one in run.values()):
            for metric, value in _together(list(run.values())).items():
                times[metric][encoder][seed] = value
    return {metric: dict(of_encoder) for metric, of_encoder in times.items()}


COUNTED = {
    "parameters", "embedding_parameters", "body_parameters", "disk_mb", "flops_per_token",
}  # fmt: skip
"""Measured values that are the same each time, so that one is enough."""


def compare_repeats(metric: str, by_encoder: Mapping[str, Repeats]) -> list[Record]:
    """Compare every two encoders on one time or measured value; fields as `compare_encoders`."""
    return [
        _pair(metric, (first, by_encoder[first]), (second, by_encoder[second]))
        for first, second in combinations(once(by_encoder), 2)
    ]


def _pair(metric: str, first: tuple[str, Repeats], second: tuple[str, Repeats]) -> Record:
    one, other = (interval_over(repeats) for _, repeats in (first, second))
    found = paired_interval(second[1], first[1])
    return {
        "metric": metric,
        "scope": "all",
        "first": first[0],
        **interval_of("first_score", one),
        "second": second[0],
        **interval_of("second_score", other),
        **interval_of("difference", found),
        **percent_of(found, one.mean),
        "verdict": _verdict(metric, found),
        "n_repeats": found.n if found else 0,
    }


def _verdict(metric: str, found: Interval | None) -> str:
    """A tie if the interval holds 0; without an interval nothing is said but of what is counted."""
    if found is None or metric in TIMES:
        return NOT_COMPARED
    if found.low is None or found.high is None:
        return verdict(metric, found.mean, 0.0) if metric in COUNTED else NOT_COMPARED
    return verdict(metric, found.mean, 1.0 if found.low <= 0 <= found.high else 0.0)


def _is_of(row: Row, setting: Setting) -> bool:
    return (
        row["target_language"] is not None
        and (row.get("form") or TRAINED_FORM) == TRAINED_FORM
        and row["split"] == setting.split
        and row["regime"] == setting.regime
        and tuple(row["source_languages"]) == setting.sources
        and row["n_per_language"] == setting.n_per_language
    )


def _together(targets: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The times of several evaluations as if they were one."""
    seconds, per_sample, per_step = TIMES
    total = sum(one[seconds] for one in targets)
    return {
        seconds: total,
        per_sample: sum(one[per_sample] * one[seconds] for one in targets) / total,
        per_step: sum(one[per_step] * one[seconds] for one in targets) / total,
    }
