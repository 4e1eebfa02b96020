"""The comparison: everything side by side, quality against cost, languages, forms."""

from collections.abc import Iterator

from isogloss.report.charts.fronts import PARAM, fronts_chart
from isogloss.report.charts.side_by_side import side_by_side_chart
from isogloss.report.comparison.compare import Comparison
from isogloss.report.comparison.figures import language_scores
from isogloss.report.comparison.page import READING, facts, whole
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import (
    Block,
    Chart,
    Control,
    Fold,
    Heading,
    Lines,
    Section,
    table_of,
)
from isogloss.report.html.decision import decision_panel
from isogloss.report.html.evidence import Comparing, Evidence
from isogloss.report.html.marked import candidates_table, forms_table, overview_table, pair_tables
from isogloss.report.html.notes import lines_of
from isogloss.report.recommend.fronts import fronts
from isogloss.report.recommend.tables import exclusion_table
from isogloss.report.tables import csv_text


def comparison(evidence: Evidence) -> Section | None:
    """Encoders and forms against each other, in what they do and in what they cost."""
    comparing = evidence.comparing
    if comparing is None:
        return None
    blocks = [
        *_side_by_side(comparing.comparison),
        *_decision(comparing, evidence.frame),
        *_languages(comparing.comparison, evidence.frame),
        *_more(comparing.comparison),
        *_how(comparing),
    ]
    return Section("comparison", "Comparison", blocks)


def _side_by_side(found: Comparison) -> Iterator[Block]:
    yield Lines(facts(found))
    if found.overview is not None:
        yield overview_table(found, f"Side by side: {whole(found)}")


def _decision(comparing: Comparing, frame: Frame) -> Iterator[Block]:
    by_cost = fronts(comparing.candidates, comparing.comparison.rounds, comparing.comparison.price)
    if by_cost:
        yield Heading("Quality and cost")
        names = [cost.words for cost in by_cost]
        records = [
            {"cost": c.words, **record} for c, of_cost in by_cost.items() for record in of_cost
        ]
        yield Chart(
            "fronts",
            "Quality against cost, and the Pareto front",
            fronts_chart(by_cost, frame, order=comparing.comparison.encoders),
            csv_text(records),
            [Control(PARAM, "Cost", "0", options=[(str(at), n) for at, n in enumerate(names)])],
            "a diamond is on the front: nobody has more quality for as little · bars are 95 %"
            " intervals",
        )
    yield Heading("Your own decision")
    yield decision_panel(comparing)
    found = comparing.recommendation
    yield candidates_table(found)
    if found.excluded:
        yield table_of("excluded", "What is excluded", exclusion_table(found))


def _languages(found: Comparison, frame: Frame) -> Iterator[Block]:
    records = language_scores(found)
    order = list(dict.fromkeys(record["candidate"] for record in records))
    yield Heading("By language")
    if records:
        n = "its forms" if found.overview is None else "each encoder"
        caption = f"{frame.measure} by language of {n}, with 95 % intervals"
        spec = side_by_side_chart(records, frame, order=order)
        yield Chart("by-language", caption, spec, csv_text(records))
    yield from pair_tables(found)


def _more(found: Comparison) -> Iterator[Block]:
    if len(found.forms) > len(found.encoders):
        yield forms_table(found)


def _how(comparing: Comparing) -> Iterator[Block]:
    if comparing.measured:
        yield Fold("How costs were measured", [Lines(comparing.measured)])
    if comparing.data:
        yield Fold("What was done to the data", [Lines(comparing.data)])
    yield Fold("How to read the comparison", [Lines(lines_of(READING))])
