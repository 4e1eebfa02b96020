"""What always answering the most frequent tag would score, beside what the probes score.

Of a group it is the mean over the languages that the group's own averages are over. Of entities it
is 0 by every score and told in words (`reading`); masked words have none, their vocabulary is not
counted.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from isogloss.report.balance.design import ALL, Design
from isogloss.report.chance import Place, majority_baselines
from isogloss.report.records import Record, Records, Row

MAJORITY = "majority_class"
"""The field of a record."""


def with_majority(averages: Records, rows: Sequence[Row], design: Design) -> list[Record]:
    """Add `majority_class` to records; None where there is no such baseline.

    Args:
        averages: records of `averages`, or of `differences`.
        rows: the long table, with the counts of gold.
        design: of the study.
    """
    probed = [row for row in rows if row["regime"] == "probe"]
    found = {
        metric: majority_baselines(probed, metric)
        for metric in dict.fromkeys(record["metric"] for record in averages)
    }

    def value(record: Mapping[str, Any]) -> float | None:
        known = [
            found[record["metric"]].get(Place(record["task"], record["split"], code))
            for code in _targets(record, design)
            if code not in record["without"]
        ]
        labels = [one.value for one in known if one is not None and one.label]
        return fmean(labels) if labels and len(labels) == len(known) else None

    return [{**record, MAJORITY: value(record)} for record in averages]


def _targets(record: Mapping[str, Any], design: Design) -> Sequence[str]:
    if record["scope"] == "language":
        return (record["language"],)
    return design.languages if record["group"] == ALL else design.groups[record["group"]]
