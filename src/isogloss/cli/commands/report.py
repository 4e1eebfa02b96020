"""`isogloss report`: tables and figures of what is finished."""

from typing import Any

from isogloss.base.errors import InputError
from isogloss.cli import show
from isogloss.cli.options import (
    DEFAULT_STORE,
    JsonOption,
    OutputOption,
    SetOption,
    StoreOption,
    StudyArgument,
    VerboseOption,
)


def report(
    study: StudyArgument,
    store: StoreOption = DEFAULT_STORE,
    output: OutputOption = None,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Write learning curves, transfer matrix, regimes and gaps as tables and PNG/SVG figures."""
    from isogloss.cli.opened import open_study
    from isogloss.report.frame import Frame
    from isogloss.report.write import write_report
    from isogloss.store.results import results_table

    show.listen(verbose)
    opened = open_study(study, store, changes)
    opened.tell()
    rows = results_table(opened.entries).to_pylist()
    if not rows:
        raise InputError(f"Nothing of this study is finished: isogloss run {opened.again('run')}")
    folder = output or opened.folder
    sample = opened.sample
    frame = Frame(opened.study.name, opened.study.metric, sample)
    paths = write_report(
        rows,
        folder,
        frame=frame,
        trainings=opened.trainings(),
        unfinished=opened.unfinished(),
        commands=[opened.again("run"), opened.again("report", "-o", str(folder))],
    )
    if json:
        show.dump({"folder": str(folder), "files": [str(path) for path in paths]})
        return
    _print_tables(rows, opened.study.metric)
    if opened.missing:
        show.note(f"{len(opened.missing)} steps are not finished; the report has the rest.")
    show.say(f"Report: {folder / 'report.md'}; tables and figures: {len(paths)} files in {folder}.")


def _print_tables(rows: list[dict[str, Any]], metric: str) -> None:
    from isogloss.report.screen import report_console
    from isogloss.report.understand import understand

    for table in report_console(understand(rows, metric=metric), metric):
        show.wide().print(table)
