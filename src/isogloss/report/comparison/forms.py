"""Serving forms side by side: what each one answers, how well, and how that differs from training.

A form is the trained model made ready for service: in another precision, with a smaller vocabulary,
for another runtime. None of that is free of effects, so each form is tested again, and its quality
stands beside its speed, with the difference to the form that it was trained in.
"""

from collections.abc import Mapping, Sequence

from isogloss.report.comparison.differences import verdict
from isogloss.report.comparison.fields import difference_of, interval_of, score_of
from isogloss.report.comparison.quality import Quality, difference
from isogloss.report.comparison.results import TRAINED_FORM
from isogloss.report.comparison.rounds import Repeats, Rounds, interval_over
from isogloss.report.records import Record
from isogloss.stats.correction import holm

SHOWN = (
    "single_stream_p50_ms", "single_stream_p99_ms", "offline_samples_per_second",
    "server_max_rate_per_second", "cold_start_s", "peak_rss_mb", "disk_mb",
)  # fmt: skip
"""Measured values that stand beside the quality, where they were measured."""


def forms(qualities: Sequence[Quality], rounds: Rounds, cost: str | None = None) -> list[Record]:
    """One record per candidate: an encoder in one form.

    Args:
        qualities: of all candidates of one setting.
        rounds: measured values by (encoder, form), metric and round.
        cost: the name of the cost among them, if a price is known.

    Returns:
        Records with `encoder`, `form`, the metric's name with its interval, `minus_torch` with its
        interval, `p_holm` over all forms, `verdict` on the form, and the values of `SHOWN` and the
        cost with their intervals over rounds.
    """
    by_key = {quality.key: quality for quality in qualities}
    shown = (*SHOWN, *filter(None, [cost]))
    records = [
        {
            **_record(quality, by_key.get(key._replace(form=TRAINED_FORM))),
            **_measured(rounds.get(key, {}), shown),
            "n_seeds": len(quality.by_seed),
        }
        for key, quality in by_key.items()
    ]
    tested = {str(at): record["p"] for at, record in enumerate(records) if record["p"] is not None}
    for at, p in holm(tested).items():
        record = records[int(at)]
        record["p_holm"] = p
        record["verdict"] = verdict(qualities[0].metric, record["minus_torch"], p)
    return records


def _record(quality: Quality, trained: Quality | None) -> Record:
    found = difference(trained, quality) if trained and trained is not quality else None
    return {
        "encoder": quality.key.encoder,
        "form": quality.key.form,
        **score_of(quality.metric, quality.interval, quality.metric),
        **difference_of("minus_torch", found, quality.metric),
        "p": found.p if found else None,
        "p_holm": None,
        "verdict": None,
    }


def _measured(values: Mapping[str, Repeats], names: Sequence[str]) -> Record:
    found: Record = {}
    for name in names:
        found |= interval_of(name, interval_over(values[name]) if values.get(name) else None)
    return found
