"""`isogloss report`: the page, tables and figures of what is finished."""

from typing import TYPE_CHECKING, Annotated

import typer

from isogloss.base.errors import InputError, UnknownName
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
    from rich.table import Table

    from isogloss.report.html.evidence import Evidence


def report(
    study: StudyArgument,
    store: StoreOption = DEFAULT_STORE,
    output: OutputOption = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="html,md,csv,latex,png,svg,json",
            help="What to write, with commas.",
            show_default="all but json",
        ),
    ] = None,
    no_texts: Annotated[
        bool,
        typer.Option("--no-texts", help="Leave all texts of the data out of the page; ids stay."),
    ] = False,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Write what is finished: one page, and the same as Markdown, tables and figures.

    report.html opens anywhere, offline. Learning curves, transfer and regimes are in report.md too,
    encoders against each other in comparison.md, what was pre-trained in balance.md.
    """
    from isogloss.desk.evidence import compared_evidence_of, evidence_of
    from isogloss.desk.opened import open_study
    from isogloss.report.faces import ENDINGS, USUAL, faces
    from isogloss.report.files import write_files
    from isogloss.report.write import was_audited

    show.listen(verbose)
    wanted = USUAL if form is None else [one.strip().lower() for one in form.split(",")]
    for name in wanted:
        if name not in ENDINGS:
            raise UnknownName("format", name, ENDINGS)
    opened = open_study(study, store, changes)
    show.notes(opened.remarks)
    folder = output or opened.folder
    flags = ["--no-texts"] if no_texts else []
    commands = [opened.again("run"), opened.again("report", *flags, "-o", str(folder))]
    if "html" in wanted:
        evidence = evidence_of(opened, commands, texts=not no_texts)
    else:
        evidence = compared_evidence_of(opened, commands)
    made = faces(evidence, audited=was_audited(folder))
    paths = write_files(folder, made, [ENDINGS[name] for name in wanted])
    if not paths:
        raise InputError(f"The study has nothing to write as {form}; take --format html.")
    if json:
        show.dump({"folder": str(folder), "files": [str(path) for path in paths]})
        return
    for table in _screen(evidence):
        show.wide().print(table)
    for line in _careful(evidence):
        show.say(line)
    if opened.missing:
        n = len(opened.missing)
        steps = "1 step is" if n == 1 else f"{n} steps are"
        show.note(f"{steps} not finished; the report has the rest.")
    page = next((path for path in reversed(paths) if path.stem == "report"), folder)
    show.say(f"Report: {page} ({len(paths)} files in {folder}).")


def _careful(evidence: "Evidence") -> list[str]:
    """What must be read with the scores on the screen."""
    from isogloss.report.at_chance import zero_shot_notes
    from isogloss.report.balance.screen import careful_lines
    from isogloss.report.html.lone import lone_chance, main_of

    found: list[str] = []
    if evidence.comparing is not None:
        found += evidence.comparing.comparison.notes
    elif evidence.scores is not None:
        tables = evidence.scores.tables
        main = main_of(tables["curves"])
        found += lone_chance(main, tables["baselines"]) if main is not None else []
    if evidence.scores is not None:
        tables = evidence.scores.tables
        found += zero_shot_notes(tables["regimes"], tables["baselines"])
    if evidence.balancing is not None:
        found += careful_lines(evidence.balancing.tables, evidence.balancing.design)
    return found


def _screen(evidence: "Evidence") -> list["Table"]:
    """What fits a screen."""
    from isogloss.report.balance.screen import balance_console
    from isogloss.report.screen import report_console

    found: list[Table] = []
    if evidence.scores is not None:
        found += report_console(evidence.scores.tables, evidence.frame.metric)
    if evidence.balancing is not None:
        found += balance_console(evidence.balancing.tables, evidence.balancing.design)
    return found
