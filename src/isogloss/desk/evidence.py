"""All that is known of an opened study, gathered for its page."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from isogloss.base.errors import InputError
from isogloss.desk.audits import audit_of, tokenizers_of
from isogloss.desk.balance import also_of, design_of, trials_of
from isogloss.desk.compared import compared, data_notes, measurement, warnings
from isogloss.desk.errors import errors_of
from isogloss.desk.opened import Opened
from isogloss.desk.provenance import provenance_of
from isogloss.report.balance.claim import claim_lines
from isogloss.report.balance.scores import REGIMES
from isogloss.report.balance.tables import balance_tables
from isogloss.report.frame import Frame
from isogloss.report.html.evidence import Balancing, Comparing, Evidence, Plugged, Scores
from isogloss.report.understand import understand
from isogloss.store.results import results_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isogloss.report.records import Row

    Audits = Mapping[str, Mapping[str, Any]]
    """Of tokenizers, by encoder."""


def tables_of(opened: Opened, commands: "Sequence[str]") -> Evidence:
    """Gather the tables of a study, and where they come from; the rest of a page takes longer.

    Args:
        opened: the study; at least one of its cells is finished.
        commands: what a reader types to get the page again.

    Raises:
        InputError: if nothing is finished.
    """
    rows = results_table(opened.entries).to_pylist()
    if not rows:
        raise opened.nothing_finished()
    finetuned = [row for row in rows if row["regime"] not in REGIMES]
    tested = any(row["target_language"] is not None for row in finetuned)
    pretrained = [row for row in rows if row["regime"] in REGIMES]
    metric = opened.study.metric if tested else "mrr"
    return Evidence(
        frame=Frame(opened.study.name, metric, opened.sample),
        provenance=provenance_of(opened, commands),
        scores=_scores(opened, finetuned) if tested else None,
        balancing=_balancing(opened, pretrained, commands) if pretrained else None,
        remarks=opened.remarks,
    )


def compared_evidence_of(opened: Opened, commands: "Sequence[str]") -> Evidence:
    """Gather what tables, figures and Markdown are made of: all but what the page alone shows.

    Args:
        opened: the study; at least one of its cells is finished.
        commands: what a reader types to get them again.

    Raises:
        InputError: if nothing is finished.
    """
    found = tables_of(opened, commands)
    return found if found.scores is None else _with_comparison(found, opened, None)


def evidence_of(opened: Opened, commands: "Sequence[str]", *, texts: bool = True) -> Evidence:
    """Gather what a page is written from.

    Args:
        opened: the study; at least one of its cells is finished.
        commands: what a reader types to get the page again.
        texts: whether texts of the data may be shown.

    Raises:
        InputError: if nothing is finished.
    """
    found, audit = tables_of(opened, commands), audit_of(opened)
    found = replace(found, plugged=_plugged(opened))
    if found.scores is None:
        return replace(found, audit=audit)
    errors = errors_of(opened, found.scores.rows, texts=texts)
    found = _with_comparison(found, opened, audit["tokenizers"])
    return replace(found, audit=audit, errors=errors)


def _plugged(opened: Opened) -> Plugged | None:
    names = opened.study.output.sections
    return Plugged(names, results_table(opened.all_entries).to_pylist()) if names else None


def _scores(opened: Opened, rows: "Sequence[Row]") -> Scores:
    planned = [c.columns for c in opened.plan.cells if c.columns["regime"] not in REGIMES]
    tables = understand(rows, metric=opened.study.metric, planned=planned)
    return Scores(rows, tables, opened.trainings())


def _with_comparison(found: Evidence, opened: Opened, tokenizers: "Audits | None") -> Evidence:
    """Add the comparison, where there is something to compare; else why it could not be made yet.

    `tokenizers` are audited here if that was not done before.
    """
    tested = [c for c, _ in opened.entries if c["target_language"] and c["regime"] not in REGIMES]
    if len({(columns["encoder"], columns["form"]) for columns in tested}) < 2:
        return found
    try:
        audits = tokenizers_of(opened) if tokenizers is None else tokenizers
        return replace(found, comparing=_compared(opened, audits))
    except InputError as error:
        return replace(found, uncompared=str(error))


def _compared(opened: Opened, tokenizers: "Audits") -> Comparing:
    found = compared(opened, tokenizers)
    measured, _ = measurement(opened)
    return Comparing(
        comparison=found.comparison,
        recommendation=found.recommend(),
        measured=measured,
        data=data_notes(opened),
        warnings=warnings(opened, measured),
        command=opened.again("recommend"),
    )


def _balancing(
    opened: Opened, rows: "Sequence[Row]", commands: "Sequence[str]"
) -> Balancing | None:
    declared = opened.study.pretraining
    if declared is None:
        return None
    design = design_of(opened, declared)
    tables = balance_tables(rows, design, trials=trials_of(opened, rows, design))
    claim = claim_lines(tables["balance_tests"], design)
    return Balancing(tables, design, also_of(opened, commands), claim)
