"""A section of the report: mean Matthews correlation of each encoder and language."""

from collections import defaultdict
from statistics import fmean

from isogloss.plugins import Findings, SectionContent, SectionTable


def correlation(findings: Findings) -> SectionContent | None:
    """A row an encoder, regime, size and language; nothing where the metric was not computed."""
    values: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for row in findings.rows:
        if row["metric"] == "mcc":
            place = (row["encoder"], row["regime"], row["n_per_language"], row["target_language"])
            values[place].append(row["value"])
    if not values:
        return None
    records = [
        {
            "encoder": encoder,
            "regime": regime,
            "n_per_language": size,
            "target_language": language,
            "mcc": fmean(found),
            "n_models": len(found),
        }
        for (encoder, regime, size, language), found in values.items()
    ]
    return SectionContent(
        title="Matthews correlation",
        paragraphs=["**1** is all right, **0** no better than chance. Means over seeds."],
        tables=[SectionTable("Mean `mcc` by language", records)],
    )
