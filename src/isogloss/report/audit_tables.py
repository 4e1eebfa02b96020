"""An audit of the data made readable: tables, the chart of label balance and a page.

Takes the plain record of an audit: per language its splits and leaks, findings, tokenizers.
Examples are named by id, never by text, so that a report can be shared where the data cannot.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from isogloss.report.charts.label_shares import label_shares
from isogloss.report.figures import Figure, figure_files
from isogloss.report.files import Artifact, write_files
from isogloss.report.frame import Frame
from isogloss.report.records import Record
from isogloss.report.table_files import table_files
from isogloss.report.tables import markdown, rich_table

Audit = Mapping[str, Any]

TITLES = {
    "audit_findings": "What to look at before training",
    "audit_rows": "Rows, repeated rows and broken texts",
    "audit_labels": "Labels",
    "audit_lengths": "Lengths",
    "audit_leakage": "Rows that stand in two splits",
    "audit_text": "Raw text, and what was dropped of it",
    "audit_tokenizers": "What the tokenizers make of the texts",
}
"""Tables of an audit, in the order of the page."""

TOKENIZER_FIELDS = (
    "tokenizer", "language", "fertility", "tokens_per_character", "unknown_share",
    "truncated_share",
)  # fmt: skip
"""What the screen shows of a tokenizer."""


def audit_records(audit: Audit) -> dict[str, list[Record]]:
    """Make the tables of an audit; one that has nothing to say is empty."""
    tokenizers = audit.get("tokenizers", {})
    return {
        "audit_findings": [_finding(finding) for finding in audit.get("findings", ())],
        "audit_rows": list(_each_split(audit, _row_fields)),
        "audit_labels": list(_each_split(audit, _label_fields)),
        "audit_lengths": list(_each_split(audit, _length_fields)),
        "audit_leakage": list(_leakage(audit)),
        "audit_text": [_raw_text(record) for record in audit.get("text", ())],
        "audit_tokenizers": [
            {"tokenizer": name, "language": language, **numbers}
            for name, described in tokenizers.items()
            for language, numbers in described["languages"].items()
        ],
    }


def audit_console(audit: Audit) -> list[Table]:
    """Lay out what fits a screen of 80 columns: an overview, the tokenizers, last the findings.

    The files have the rest: examples, lengths, each fault by name, every pair of splits.
    """
    tables = audit_records(audit)
    shown = {
        "Rows, labels and faults": list(_each_split(audit, _overview)),
        TITLES["audit_text"]: tables["audit_text"],
        TITLES["audit_tokenizers"]: [
            {field: record.get(field) for field in TOKENIZER_FIELDS}
            for record in tables["audit_tokenizers"]
        ],
        TITLES["audit_findings"]: [
            {field: value for field, value in finding.items() if field != "examples"}
            for finding in tables["audit_findings"]
        ],
    }
    return [rich_table(records, title=title) for title, records in shown.items() if records]


def write_audit(audit: Audit, folder: Path, *, study: str, sample: bool = False) -> list[Path]:
    """Write `audit.md`, `tables/audit_*` (CSV, Markdown, LaTeX) and the chart of label balance.

    Returns:
        The files written.

    Raises:
        InputError: if the folder cannot be written to.
    """
    return write_files(folder, _audit_files(audit, study, sample=sample))


def _audit_files(audit: Audit, study: str, *, sample: bool) -> Iterator[Artifact]:
    tables = audit_records(audit)
    for name, records in tables.items():
        yield from table_files(name, records, title=TITLES[name])
    if tables["audit_rows"]:
        chart, _ = label_shares(audit, Frame(study, "", sample))
        yield from figure_files([Figure("audit-labels", "audit_labels", "", chart)])
    yield Artifact("audit.md", lambda: _page(tables, study, sample=sample))


def _page(tables: Mapping[str, list[Record]], study: str, *, sample: bool) -> str:
    parts = [f"# Audit of the data: {study}" + (" (sample data)" if sample else "")]
    parts.append("Examples are named by split and row, counted from 0.")
    for name, title in TITLES.items():
        if name == "audit_labels" and tables[name]:
            parts += [f"## {title}", "![Labels by language and split](figures/audit-labels.png)"]
        elif tables[name]:
            parts += [f"## {title}", markdown(tables[name]).rstrip()]
        elif name == "audit_findings":
            parts += [f"## {title}", "Nothing: no finding."]
    return "\n\n".join(parts) + "\n"


def _each_split(audit: Audit, fields: Any) -> Iterator[Record]:
    for code, language in audit["languages"].items():
        for name, described in language["splits"].items():
            for more in fields(described):
                yield {"language": code, "split": name, **more}


def _row_fields(described: Mapping[str, Any]) -> Iterator[Record]:
    repeated = described.get("duplicates", {})
    yield {
        "rows": described["rows"],
        "repeated": repeated.get("normalized"),
        "repeated_exactly": repeated.get("exact"),
        "with_two_labels": repeated.get("conflicting"),
        **{name: fault["count"] for name, fault in described.get("faults", {}).items()},
        "script_share": described.get("script_share"),
    }


def _label_fields(described: Mapping[str, Any]) -> Iterator[Record]:
    for label, seen in described["labels"].items():
        yield {"label": label, "count": seen["count"], "share": seen["share"]}


def _length_fields(described: Mapping[str, Any]) -> Iterator[Record]:
    yield {
        f"{unit}_{what}": int(number) if float(number).is_integer() else number
        for unit in ("characters", "words")
        for what, number in described.get(unit, {}).items()
    }


def _overview(described: Mapping[str, Any]) -> Iterator[Record]:
    faults = described.get("faults", {}).values()
    yield {
        "rows": described["rows"],
        **{
            f"{label} (share)": f"{seen['share']:.0%}"
            for label, seen in described["labels"].items()
        },
        "repeated": described.get("duplicates", {}).get("normalized"),
        "faults": sum(fault["count"] for fault in faults),
    }


def _leakage(audit: Audit) -> Iterator[Record]:
    for code, language in audit["languages"].items():
        for pair in language.get("leakage", ()):
            first, second = pair["splits"]
            yield {
                "language": code,
                "stands_in": first,
                "split": second,
                "rows": pair["rows"],
                "also_there": pair["normalized"],
                "also_there_exactly": pair["exact"],
                "share": pair["normalized"] / pair["rows"] if pair["rows"] else None,
            }


def _raw_text(record: Mapping[str, Any]) -> Record:
    return {
        "language": record["language"],
        **{name: record[name] for name in ("lines", "documents", "characters")},
        "held_out_characters": record["held_out"]["characters"],
        "repeated": record["n_duplicates"],
        "also_held_out": record["n_leaked"],
        "blank": record["n_blank"],
    }


def _finding(finding: Mapping[str, Any]) -> Record:
    return {
        "severity": finding["severity"],
        "language": finding["language"],
        "split": finding["split"],
        "what": finding["what"],
        "count": finding["count"],
        "examples": ", ".join(map(_example, finding["examples"])),
        "remedy": finding["remedy"],
    }


def _example(example: Any) -> str:
    """One id, or a pair of ids that belong together."""
    return " = ".join(map(str, example)) if isinstance(example, list | tuple) else str(example)
