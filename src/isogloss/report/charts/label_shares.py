"""Label balance: bars where every label can have a color of its own, else a grid."""

from collections.abc import Mapping
from typing import Any

from isogloss.report.charts.label_grid import label_grid
from isogloss.report.charts.labels import MANY, labels_chart
from isogloss.report.frame import Frame
from isogloss.report.names import names_of


def label_shares(
    audit: Mapping[str, Any], frame: Frame, names: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], str]:
    """Draw an audit's label shares, by language and split.

    Args:
        audit: of the data.
        frame: the study.
        names: what each language is called; by default its English name.

    Returns:
        The chart, and what it tells of each label.
    """
    named = names or names_of(audit["languages"])
    if len(audit["labels"]) > len(MANY):
        return label_grid(audit, frame, named), "share of each in percent"
    return labels_chart(audit, frame, named), "share of each, and the number of rows"
