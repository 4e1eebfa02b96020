"""Records written as Markdown, LaTeX, CSV and for the console.

Markdown, LaTeX and the console are for reading: languages by name, a number with its interval in
one cell and no more digits than that supports (see `isogloss.report.numbers`), and what is the same
in every record said once, above the table. CSV is for computing: one column per field, language
codes, and numbers with six decimals, small ones with six digits that count, but for noise.
"""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from isogloss.base.languages import language_name
from isogloss.report.cells import cut_ends
from isogloss.report.latex import DAGGER, bold, latex_table, number_cell
from isogloss.report.latex_fit import LatexTable
from isogloss.report.marks import Marks, marks_of, notes_of
from isogloss.report.numbers import CUT_SAID, NOTHING, in_markdown, number, p_text
from isogloss.report.records import Records

BOUNDS = ("_low", "_high", "_sd")

SMALL, NOISE = 1e-3, 1e-12
"""Numbers of CSV below the first need more than six decimals; below the second they are 0 but for
the last bits of a sum."""

LANGUAGE_FIELDS = {"language", "source", "target", "best_source", "worst", "best"}
LANGUAGE_LISTS = {"sources", "missing"}
SAID_ONCE = {
    "encoder", "split", "regime", "setting", "n_per_language", "method",
    "n_languages", "n_sizes", "n_seeds", "n_scored", "n_unscored", "n_sources", "n_missing",
    "n_pairs_missing",
    "n_donor", "n_recipient", "n_donor_missing", "n_recipient_missing", "n_from", "n_to",
    "tokenizer", "policy", "precision", "precision_reason", "attention", "device", "threads",
}  # fmt: skip
"""Fields that move above the table when all records agree on them."""

LIFTED = {
    "task", "metric", "split", "form", "layer", "scope", "setting", "encoder", "regime",
    "n_per_language",
}  # fmt: skip
"""Fields that LaTeX may say in a line above the records that agree on them, to save room."""

P_VALUES = {"p", "p_holm", "p_randomization"}

UNITS = {
    "train_runtime": "train runtime (s)",
    "train_samples_per_second": "train samples per second",
    "train_loss": "train loss (nats)",
    "loss (nats)": "own loss (nats)",
    "value": "score",
    "zero_shot_best": "best zero-shot",
    "zero_shot_mean": "mean zero-shot",
    "joint_minus_zero_shot": "joint minus best zero-shot",
    "single_minus_zero_shot": "single minus best zero-shot",
    "n_scored": "predictions scored",
    "n_unscored": "predictions unscored",
    "n_units": "test units",
    "n_seeds": "seeds",
    "n_per_language": "N per language",
    "n_train": "training rows",
    "n_models": "models",
    "n_windows": "windows",
    "n_donor": "targets in the donor mean",
    "n_recipient": "sources in the recipient mean",
}
"""Headings that say more than the name of the field."""


@final
@dataclass(frozen=True)
class Shown:
    """A table made readable: fields with headings, cells as text, what was said once instead."""

    fields: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    """Columns that are set to the right."""
    common: str
    """Fields on which all records agree, in one line; empty if there are none."""


def shown(records: Records, names: Collection[str] = ()) -> Shown:
    """Make records readable; headings among `names` stay as they are.

    >>> shown([{"language": "deu-Latn", "value": 0.5, "value_low": 0.4, "value_high": 0.6}]).rows
    (('German', '0.50 [0.40, 0.60]'),)
    """
    fields = [f for f in _fields(records) if not _is_bound(f, records)]
    fields = [f for f in fields if any(not _is_nothing(record.get(f)) for record in records)]
    once = _said_once(fields, records) if len(records) > 1 else []
    kept = [field for field in fields if field not in once]
    said = [f"{heading(field)}: {cell(records[0], field)}" for field in once]
    said += [CUT_SAID] if any(any(cut_ends(r, f)) for r in records for f in fields) else []
    return Shown(
        fields=tuple(kept),
        heads=tuple(field if field in names else heading(field) for field in kept),
        rows=tuple(tuple(cell(record, field) for field in kept) for record in records),
        numeric=tuple(all(_is_number(record.get(f)) for record in records) for f in kept),
        common=" · ".join(said),
    )


def heading(field: str) -> str:
    """The words above a column.

    >>> heading("train_runtime"), heading("joint_minus_single")
    ('train runtime (s)', 'joint minus single')
    """
    return UNITS.get(field, field.replace("_", " "))


def cell(record: Mapping[str, Any], field: str) -> str:
    """One field of a record as text, with its interval if it has one."""
    value = record.get(field)
    if value is None or _is_nothing(value):
        return "all" if field in {"n_per_language", "requested"} else NOTHING
    if field in LANGUAGE_FIELDS:
        return language_name(value)
    if field in LANGUAGE_LISTS and isinstance(value, list | tuple):
        return _sources(value)
    if isinstance(value, float):
        ends = record.get(f"{field}_low"), record.get(f"{field}_high")
        if field in P_VALUES:
            return p_text(value)
        return number(value, *ends, cut=cut_ends(record, field))
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def markdown(records: Records, *, names: Collection[str] = ()) -> str:
    """Write records as a Markdown table, below a line of what they have in common.

    Headings among `names` (of encoders, say) stay as they are.
    """
    if not records:
        return "*Nothing to show: the results hold no such rows.*\n"
    table = shown(records, names)
    rule = ["---:" if numeric else "---" for numeric in table.numeric]
    lines = [_markdown_row(table.heads), _markdown_row(rule), *map(_markdown_row, table.rows)]
    above = f"{in_markdown(table.common)}\n\n" if table.common else ""
    return above + "\n".join(lines) + "\n"


def latex(records: Records, *, caption: str, label: str, names: Collection[str] = ()) -> str:
    r"""Write records as a LaTeX table for `\usepackage{booktabs}`; `names` as in `markdown`.

    The best value of a line is bold, a difference that is one has a dagger, and a note says what
    that means (see `isogloss.report.marks`).
    """
    table = shown(records, names)
    rows = [
        [_latex_cell(text, field, marks) for text, field in zip(row, table.fields, strict=True)]
        for row, marks in zip(table.rows, (marks_of(r, names) for r in records), strict=True)
    ]
    return latex_table(
        LatexTable(
            heads=table.heads or ("no rows",),
            rows=rows,
            numeric=table.numeric,
            caption=f"{caption}. {table.common}" if table.common else caption,
            label=label,
            notes=list(notes_of(records, names, table.fields)),
            n_keys=_n_keys(records, table.fields),
            liftable=[at for at, field in enumerate(table.fields) if field in LIFTED],
        )
    )


def _n_keys(records: Records, fields: Sequence[str]) -> int:
    """How many fields name a record: those before the first number that is a result."""
    results = (
        at for at, f in enumerate(fields) if any(isinstance(r.get(f), float) for r in records)
    )
    return max(1, next(results, 1))


def _latex_cell(text: str, field: str, marks: Marks) -> str:
    cell = number_cell(text)
    if field in marks.best:
        return bold(cell)
    return cell + DAGGER if field in marks.apart else cell


def csv_text(records: Records, *, fields: Sequence[str] = ()) -> str:
    """Write records as CSV (RFC 4180, but lines end in a line feed): every field a column.

    `fields` are those of a table that may have no records: then it has a head alone.
    """
    stream = io.StringIO()
    fields = _fields(records) or list(fields)
    writer = csv.writer(stream, lineterminator="\n")
    if fields:
        writer.writerow(fields)
    writer.writerows([_csv_cell(record.get(field)) for field in fields] for record in records)
    return stream.getvalue()


def rich_table(records: Records, *, title: str, names: Collection[str] = ()) -> Table:
    """Lay records out for the console; the caller prints it. `names` as in `markdown`.

    On a narrow terminal headings and cells are folded; nothing is cut off.
    """
    made = shown(records, names) if records else Shown((), (), (), (), "nothing to show")
    table = Table(
        title=Text(title), caption=Text(made.common) if made.common else None,
        title_justify="left", caption_justify="left", box=SIMPLE_HEAD,
        show_edge=False, pad_edge=False, padding=(0, 1, 0, 0),
    )  # fmt: skip
    for head, numeric in zip(made.heads, made.numeric, strict=True):
        justify: Literal["right", "left"] = "right" if numeric else "left"
        table.add_column(Text(head), justify=justify, overflow="fold")
    for row in made.rows:
        table.add_row(*map(Text, row))
    return table


def _is_nothing(value: Any) -> bool:
    """Whether there is no value: none at all, or a list of nothing."""
    return value is None or (isinstance(value, list | tuple) and not value)


def _fields(records: Records) -> list[str]:
    return list(dict.fromkeys(field for record in records for field in record))


def _is_bound(field: str, records: Records) -> bool:
    """Whether a field belongs to another one's interval."""
    return any(
        field.endswith(end) and any(field.removesuffix(end) in record for record in records)
        for end in BOUNDS
    )


def _said_once(fields: Sequence[str], records: Records) -> list[str]:
    return [
        field
        for field in fields
        if field in SAID_ONCE and len({cell(record, field) for record in records}) == 1
    ]


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value == NOTHING or value.lstrip("-")[:1].isdigit()
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _sources(codes: Sequence[str]) -> str:
    if len(codes) > 8:
        return f"{len(codes)} languages"
    if len(codes) > 3:
        return "+".join(code.partition("-")[0] for code in codes)
    return ", ".join(map(language_name, codes))


def _markdown_row(cells: Sequence[str]) -> str:
    safe = [c.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ") for c in cells]
    return f"| {' | '.join(map(in_markdown, safe))} |"


def _csv_cell(value: Any) -> Any:
    if isinstance(value, float):
        return _csv_number(value)
    return "+".join(map(str, value)) if isinstance(value, list | tuple) else value


def _csv_number(value: float) -> str:
    """A number as CSV has it: no p-value and no cost is 0 for being small.

    >>> _csv_number(1 / 3), _csv_number(1.23456789e-8), _csv_number(-5e-17)
    ('0.333333', '1.23457e-08', '0')
    """
    if abs(value) < NOISE:
        return "0"
    if abs(value) < SMALL:
        return f"{value:.6g}"
    return f"{value:.6f}".rstrip("0").rstrip(".")
