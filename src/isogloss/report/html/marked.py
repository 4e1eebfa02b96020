"""Tables of a comparison as blocks: what is best, better, worse or a tie stands out in its cell.

A mark is never color alone: the words are in the same row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from isogloss.report.comparison.compare import Comparison, of_main_setting
from isogloss.report.comparison.differences import TIE
from isogloss.report.comparison.directions import labeled
from isogloss.report.comparison.reading import form_table, pair_table, pairs_of
from isogloss.report.comparison.values import Line, Stated, interval_text
from isogloss.report.html.blocks import Cell, Table, also, grouped, table_of
from isogloss.report.numbers import CUT_SAID, NOTHING
from isogloss.report.recommend.recommend import Recommendation
from isogloss.report.recommend.tables import candidate_table
from isogloss.report.records import Record
from isogloss.report.tables import BOUNDS, csv_text

Mark = Literal["", "best", "better", "worse", "tie"]

MARKS: Mapping[str, Mark] = {"better": "better", "worse": "worse", "tie": "tie"}
"""Verdicts that have a mark."""

FORM_HEADS = {
    "minus_torch": "minus torch",
    "single_stream_p50_ms": "p50 (ms)",
    "single_stream_p99_ms": "p99 (ms)",
    "offline_samples_per_second": "sentences per second, offline",
    "server_max_rate_per_second": "sentences per second, server",
    "cold_start_s": "cold start (s)",
    "peak_rss_mb": "memory (MB)",
    "disk_mb": "disk (MB)",
}
"""Columns of forms by the words that a page has room for."""


def overview_table(comparison: Comparison, caption: str) -> Table:
    """Encoders side by side, a metric a row: the best is bold, a difference has its verdict."""
    compared = comparison.overview
    if compared is None:
        raise ValueError("one encoder has no overview")
    verdicts = _verdicts(comparison)
    pairs = [(compared.encoders[0], other) for other in compared.encoders[1:]]
    heads = ("metric", *compared.encoders, *compared.heads(), "best")
    rows = [
        [
            Cell(line.metric, line.metric),
            *_values(line, compared.encoders),
            *(
                _difference(percent, text, verdicts.get((line.metric, *pair)))
                for percent, text, pair in zip(
                    line.percents, line.percent_texts, pairs, strict=True
                )
            ),
            Cell(line.candidate, line.candidate, "tie" if line.candidate == TIE else ""),
        ]
        for line in compared.lines
    ]
    numeric = [False, *[True] * (len(heads) - 2), False]
    said = CUT_SAID if compared.is_cut else ""
    return Table("overview", caption, heads, rows, numeric, csv_text(compared.records), said)


def pair_tables(comparison: Comparison) -> Iterator[Table]:
    """The study's metric by language, a table a pair of encoders."""
    records, metric = of_main_setting(comparison), comparison.asked.metric
    for at, pair in enumerate(pairs_of(records)):
        first, second = pair
        mine = [r for r in records if r["metric"] == metric and (r["first"], r["second"]) == pair]
        mine = sorted(mine, key=lambda record: record["scope"] != "language")
        lines = pair_table(records, pair, metric)
        caption = f"{second} against {first}, {metric} by language"
        made = table_of(f"pair-{at}", caption, lines, names=pair, full=mine)
        said = f"difference = {second} - {first}"
        rows = [
            _judged(dict(zip(made.heads, row, strict=True)), record)
            for row, record in zip(made.rows, mine, strict=True)
        ]
        yield replace(made, rows=rows, common=also(said, made.common))


def forms_table(comparison: Comparison) -> Table:
    """Serving forms, each with its difference to the form that it was trained in."""
    cost = comparison.price.metric if comparison.price else ""
    heads = {**FORM_HEADS, cost: cost.replace("_", " ")}
    names = {comparison.asked.metric, *heads.values()}
    shown = [_renamed(record, heads) for record in form_table(comparison.forms)]
    made = table_of("forms", "Serving forms", shown, names=names, full=comparison.forms)
    said = "minus torch = its score minus that of the form it was trained in, paired by sentence"
    rows = [
        [
            _of_form(cell, head, record, heads[cost])
            for cell, head in zip(row, made.heads, strict=True)
        ]
        for row, record in zip(made.rows, shown, strict=True)
    ]
    return replace(made, rows=rows, common=also(said, made.common))


def candidates_table(found: Recommendation) -> Table:
    """The candidates and where each stands, as the recommendation was made."""
    records = candidate_table(found)
    cost = next(name for name in records[0] if name.startswith("cost per million"))
    made = table_of("candidates", "The candidates, without limits and weights", records)
    rows = [
        [
            _money(cell, record, cost) if name == cost else cell
            for cell, name in zip(row, made.heads, strict=True)
        ]
        for row, record in zip(made.rows, records, strict=True)
    ]
    return replace(made, rows=rows, folded=True)


def _values(line: Line, encoders: Sequence[str]) -> Iterator[Cell]:
    for encoder, cell in zip(encoders, line.cells, strict=True):
        yield _stated(cell, "best" if encoder in line.best else "")


def _stated(cell: Stated | None, mark: Mark) -> Cell:
    return Cell(NOTHING) if cell is None else Cell(grouped(cell.text), cell.value, mark)


def _difference(percent: float | None, text: str, verdict: str | None) -> Cell:
    """A difference with what the tests say of it, in a word."""
    if verdict is None or verdict not in MARKS or percent is None:
        return Cell(text, percent)
    return Cell(f"{text} {verdict}", percent, MARKS[verdict])


def _verdicts(comparison: Comparison) -> dict[tuple[str, str, str], str]:
    """What is said of the second encoder of each pair, by the heading of the metric."""
    pooled = comparison.pool.of(of_main_setting(comparison))
    return {
        (labeled(record["metric"]), record["first"], record["second"]): record["verdict"]
        for record in (*pooled, *comparison.times)
    }


def _judged(cells: dict[str, Cell], record: Mapping[str, Any]) -> list[Cell]:
    """Mark the difference and the winner, and sort the p-value by its number."""
    mark = MARKS.get(record["verdict"], "")
    for head in ("difference", "better"):
        if head in cells:
            cells[head] = replace(cells[head], mark=mark)
    if "p (Holm)" in cells:
        cells["p (Holm)"] = replace(cells["p (Holm)"], value=record["p_holm"])
    return list(cells.values())


def _renamed(record: Mapping[str, Any], heads: Mapping[str, str]) -> Record:
    """A record with other names for its fields, and for the ends of their intervals."""
    names = {f"{old}{end}": f"{new}{end}" for old, new in heads.items() for end in BOUNDS if old}
    names |= heads
    return {names.get(field, field): value for field, value in record.items()}


def _of_form(cell: Cell, head: str, record: Mapping[str, Any], cost: str) -> Cell:
    """A cell of the table of forms: its verdict marked, its cost with enough digits."""
    if head in {"verdict", "minus torch"}:
        return replace(cell, mark=MARKS.get(record["verdict"] or "", ""))
    return _money(cell, record, cost) if head == cost else cell


def _money(cell: Cell, record: Mapping[str, Any], cost: str) -> Cell:
    """A cost with enough digits, however small it is."""
    if record[cost] is None:
        return cell
    low, high = record[f"{cost}_low"], record[f"{cost}_high"]
    text = interval_text(record[cost], low, high, cut=low == 0.0)
    return replace(cell, text=grouped(text))
