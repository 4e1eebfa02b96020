"""`isogloss report`: tables and figures of what is finished."""

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from isogloss.cli.opened import Opened


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
    sample = opened.study.data.source.kind == "sample"
    frame = Frame(opened.study.name, opened.study.evaluation.metric, sample)
    paths = write_report(
        rows,
        folder,
        frame=frame,
        trainings=opened.trainings(),
        unfinished=_unfinished(opened),
        commands=[opened.again("run"), opened.again("report", "-o", str(folder))],
    )
    if json:
        show.dump({"folder": str(folder), "files": [str(path) for path in paths]})
        return
    _print_tables(rows, opened.study.evaluation.metric)
    if opened.missing:
        show.note(f"{len(opened.missing)} steps are not finished; the report has the rest.")
    show.say(f"Report: {folder / 'report.md'}; tables and figures: {len(paths)} files in {folder}.")


def _print_tables(rows: list[dict[str, Any]], metric: str) -> None:
    from isogloss.report.screen import report_console
    from isogloss.report.understand import understand

    for table in report_console(understand(rows, metric=metric), metric):
        show.wide().print(table)


def _unfinished(opened: "Opened") -> list[str]:
    """The cells that the report lacks, and why; a missing training stands for its evaluations."""
    missing = {step.key for step in opened.missing}
    lines = []
    for step in opened.missing:
        if step.kind == "train" or (step.kind == "evaluate" and step.needs[0] not in missing):
            failure = opened.store.failure(step.key)
            why = f"failed: {failure['message']}" if failure else "not done yet"
            lines.append(f"{step.title}: {why}")
    return lines
