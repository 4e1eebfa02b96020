"""The figures of a balance study: each headline score against the text, and each difference."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from isogloss.report.balance.claim import question_words
from isogloss.report.balance.design import QUESTION, Design
from isogloss.report.balance.scores import MASKED
from isogloss.report.charts.balance import differences_chart, sizes_chart
from isogloss.report.figures import Figure, named_apart, slug
from isogloss.report.frame import Frame
from isogloss.report.pivots import parts
from isogloss.report.records import Records

DIFFERENCES = "balance_differences"
"""The table that the figures of differences belong to."""


def balance_figures(
    tables: Mapping[str, Records], frame: Frame, design: Design
) -> Iterator[Figure]:
    """Draw what `balance_tables` made, where there is enough to show.

    Args:
        tables: of `balance_tables`.
        frame: the study; its metric is replaced by that of each figure.
        design: groups, sizes and claim of the study.
    """
    yield from named_apart(
        [
            *_sizes(tables["balance_averages"], frame, design),
            *_differences(tables["balance_tests"], frame, design),
        ]
    )


def _sizes(averages: Records, frame: Frame, design: Design) -> Iterator[Figure]:
    alone = [record for record in averages if record["scope"] == "language"]
    for key, points in parts(alone, QUESTION):
        usable = [p for p in points if p["characters"] and p["value"] is not None]
        headline = design.headlines.get(key["task"]) == key["metric"]
        if headline and len({point["language"] for point in usable}) > 1:
            name = slug("balance-size", key["task"], key["metric"], key["form"] or "",
                        key["setting"])  # fmt: skip
            measure = question_words(key)
            caption = f"Each language against the size of its text: {measure}."
            spec = sizes_chart(usable, replace(frame, metric=measure), study_arms=design.arms)
            table = "balance_masked" if key["task"] == MASKED else "balance_probes"
            yield Figure(name, table, caption, spec, key["task"])


def _differences(tests: Records, frame: Frame, design: Design) -> Iterator[Figure]:
    alone = [r for r in tests if r["scope"] == "language" and r["difference"] is not None]
    for key, records in parts(alone, QUESTION):
        ordered = sorted(records, key=lambda record: design.sizes.get(record["language"], 0))
        name = slug("balance-difference", key["task"], key["metric"], key["form"] or "",
                    key["setting"])  # fmt: skip
        measure = question_words(key)
        caption = f"{design.candidate} minus other arms by language: {measure}."
        spec = differences_chart(
            ordered,
            replace(frame, metric=measure),
            candidate=design.candidate,
            study_arms=design.arms,
        )
        yield Figure(name, DIFFERENCES, caption, spec, key["task"])
