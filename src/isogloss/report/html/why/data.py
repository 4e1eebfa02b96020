"""The data: label balance, findings, leaks, lengths."""

from collections.abc import Iterator, Mapping
from typing import Any

from isogloss.report.audit_tables import TITLES, audit_records
from isogloss.report.charts.label_shares import label_shares
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Block, Chart, Heading, Words, table_of
from isogloss.report.html.evidence import Evidence
from isogloss.report.html.own_names import both_names, in_own_names
from isogloss.report.records import Record, Records
from isogloss.report.tables import csv_text

MOST_OPEN = 6
"""Lines of a table that is open at first; longer ones are a click away, but for findings."""

TABLES = (
    "audit_findings", "audit_leakage", "audit_rows", "audit_labels", "audit_lengths", "audit_text",
)  # fmt: skip
COUNT = " (count)"
"""Behind the name of a label, so that no label is taken for a column of another kind."""

READ = {"characters": "characters read, dev text too"}
"""Names of what would be taken for something else: less is trained on than is read."""

LEAKS = ("also_there", "also_there_exactly")


def data_blocks(evidence: Evidence) -> Iterator[Block]:
    """What the data look like, and what to know of them."""
    audit = evidence.audit
    if audit is None:
        return
    tables = audit_records(audit)
    if tables["audit_rows"]:
        yield Heading("The data")
        yield _chart(audit, evidence.frame, tables["audit_labels"])
        if not tables["audit_findings"]:
            yield Words("The audit of the data found nothing that needs mending.", "note")
    elif tables["audit_text"]:
        yield Heading("The data")
    for name in TABLES:
        yield from _table(name, _shown(name, tables[name]), tables[name])


def _chart(audit: Mapping[str, Any], frame: Frame, records: Records) -> Chart:
    spec, told = label_shares(audit, frame, both_names(audit["languages"]))
    caption = f"Labels by language and split: {told}"
    return Chart("why-label-shares", caption, spec, csv_text(records))


def _shown(name: str, records: list[Record]) -> list[Record]:
    """Leaks that there are, not every pair of splits; labels side by side; no empty columns."""
    if name == "audit_labels":
        return _side_by_side(records)
    if name == "audit_leakage":
        records = [record for record in records if any(record[field] for field in LEAKS)]
    if name == "audit_text":
        records = [{READ.get(f, f): value for f, value in record.items()} for record in records]
    return [{field: None if value == "" else value for field, value in record.items()}
            for record in records]  # fmt: skip


def _side_by_side(records: Records) -> list[Record]:
    """The counts of all labels of a language and split in one line."""
    lines: dict[tuple[str, str], Record] = {}
    for record in records:
        place = {"language": record["language"], "split": record["split"]}
        line = lines.setdefault(tuple(place.values()), place)
        line[f"{record['label']}{COUNT}"] = record["count"]
    return list(lines.values())


def _table(name: str, records: Records, full: Records) -> Iterator[Block]:
    if records:
        identity = name.replace("audit_", "why-")
        folded = name != "audit_findings" and len(records) > MOST_OPEN
        names = [field for record in records for field in record if field.endswith(COUNT)]
        made = table_of(identity, TITLES[name], records, names=set(names), folded=folded, full=full)
        yield in_own_names(made, records)
