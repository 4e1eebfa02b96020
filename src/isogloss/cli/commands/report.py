"""`isogloss report`: tables and figures of what is finished."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.base.errors import InputError
from isogloss.cli import show
from isogloss.cli.options import (
    JsonOption,
    OutputOption,
    SetOption,
    StoreOption,
    StudyArgument,
    VerboseOption,
)
from isogloss.store.names import DEFAULT_STORE

if TYPE_CHECKING:
    from isogloss.desk.opened import Opened


def report(
    study: StudyArgument,
    store: StoreOption = DEFAULT_STORE,
    output: OutputOption = None,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Write what is finished as tables, PNG/SVG figures and a page.

    Learning curves, transfer matrix, regimes and gaps of what was fine-tuned go to report.md; arms,
    groups of languages and probes of what was pre-trained to balance.md.
    """
    from isogloss.desk.opened import open_study
    from isogloss.store.results import results_table

    show.listen(verbose)
    opened = open_study(study, store, changes)
    show.notes(opened.remarks)
    rows = results_table(opened.entries).to_pylist()
    if not rows:
        raise InputError(f"Nothing of this study is finished: {opened.again('run')}")
    folder = output or opened.folder
    pages = _pages(opened, rows, folder, quiet=json)
    pages["report.html"] = [_html(opened, folder)]
    if json:
        files = [str(path) for paths in pages.values() for path in paths]
        show.dump({"folder": str(folder), "files": files})
        return
    if opened.missing:
        show.note(f"{len(opened.missing)} steps are not finished; the report has the rest.")
    for name, paths in pages.items():
        show.say(f"Report: {folder / name}; tables and figures: {len(paths)} files in {folder}.")


def _pages(
    opened: "Opened", rows: list[dict[str, Any]], folder: Path, *, quiet: bool
) -> dict[str, list[Path]]:
    """Write the pages that the study has something for: the page's name, and all files beside."""
    from isogloss.desk.balance import REGIMES

    pretrained = [row for row in rows if row["regime"] in REGIMES]
    finetuned = [row for row in rows if row["regime"] not in REGIMES]
    pages: dict[str, list[Path]] = {}
    if finetuned:
        pages["report.md"] = _finetuned(opened, finetuned, folder, quiet=quiet)
    if pretrained:
        pages["balance.md"] = _pretrained(opened, pretrained, folder, quiet=quiet)
    return pages


def _finetuned(
    opened: "Opened", rows: list[dict[str, Any]], folder: Path, *, quiet: bool
) -> list[Path]:
    from isogloss.report.frame import Frame
    from isogloss.report.screen import report_console
    from isogloss.report.understand import understand
    from isogloss.report.write import write_report

    metric = opened.study.metric
    paths = write_report(
        rows,
        folder,
        frame=Frame(opened.study.name, metric, opened.sample),
        trainings=opened.trainings(),
        unfinished=opened.unfinished(),
        commands=_commands(opened, folder),
    )
    for table in [] if quiet else report_console(understand(rows, metric=metric), metric):
        show.wide().print(table)
    return paths


def _pretrained(
    opened: "Opened", rows: list[dict[str, Any]], folder: Path, *, quiet: bool
) -> list[Path]:
    from isogloss.desk.balance import also_of, design_of, trials_of
    from isogloss.report.balance.tables import balance_tables
    from isogloss.report.balance.write import balance_console, write_tables
    from isogloss.report.frame import Frame

    declared = opened.study.pretraining
    if declared is None:
        raise ValueError("rows of a pre-training in a study without one")
    design = design_of(opened, declared)
    tables = balance_tables(rows, design, trials=trials_of(opened, rows, design))
    frame = Frame(opened.study.name, "mrr", opened.sample)
    also = also_of(opened, _commands(opened, folder))
    paths = write_tables(tables, folder, frame, design, also)
    for table in [] if quiet else balance_console(tables, design):
        show.wide().print(table)
    return paths


def _html(opened: "Opened", folder: Path) -> Path:
    from isogloss.desk.evidence import evidence_of
    from isogloss.report.files import write_file
    from isogloss.report.html.page import render
    from isogloss.report.html.study_page import study_page

    evidence = evidence_of(opened, _commands(opened, folder))
    return write_file(folder / "report.html", render(study_page(evidence)))


def _commands(opened: "Opened", folder: Path) -> list[str]:
    return [opened.again("run"), opened.again("report", "-o", str(folder))]
