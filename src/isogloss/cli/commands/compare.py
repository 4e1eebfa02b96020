"""`isogloss compare`: which encoder is better, by how much, at what cost, and is it real."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isogloss.base.errors import InputError, RunError
from isogloss.base.whole_file import write_file
from isogloss.cli import show
from isogloss.cli.options import (
    INLINE,
    STUDY_ENDINGS,
    ClusterOption,
    CpusOption,
    ExecutorOption,
    GpusOption,
    JobsOption,
    JsonOption,
    MemoryOption,
    OutputOption,
    SetOption,
    StoreOption,
    VerboseOption,
)
from isogloss.store.names import DEFAULT_STORE

if TYPE_CHECKING:
    from rich.table import Table

    from isogloss.desk.opened import Opened
    from isogloss.execute.chosen import Chosen


def compare(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C...] | STUDY | FIGURES.csv",
            help="Encoders (Hub ids or folders); or a study file; or a table of figures.",
            show_default=False,
        ),
    ],
    task: Annotated[
        str | None, typer.Option("--task", help="ner, pos, sentiment or text_classification.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="PATH", help="A folder, owner/name on the Hub, or sample."),
    ] = None,
    languages: Annotated[
        str | None, typer.Option("--languages", metavar="en,pt", help="Trained on, together.")
    ] = None,
    targets: Annotated[
        str | None,
        typer.Option("--targets", metavar="en,pt,de", help="Tested on; by default the languages."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="A,B",
            help="Labels of the task: required for sentiment and text_classification; by default"
            " PER,LOC,ORG for ner and Universal Dependencies' parts of speech for pos.",
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            "--seeds", metavar="1,2,3", help="Trainings of each encoder.", show_default="1,2,3"
        ),
    ] = None,
    measure: Annotated[
        bool | None,
        typer.Option(
            "--measure/--no-measure",
            help="Measure speed and memory afterwards.",
            show_default="measure",
        ),
    ] = None,
    output: OutputOption = None,
    store: StoreOption = DEFAULT_STORE,
    executor: ExecutorOption = INLINE,
    jobs: JobsOption = 2,
    cluster: ClusterOption = None,
    cpus: CpusOption = 1,
    gpus: GpusOption = 0,
    memory: MemoryOption = 0,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Compare encoders: quality and cost in one table, with intervals, ties and a candidate each.

    isogloss compare A B --task ner --data DIR --languages en,pt writes the study it stands for and
    runs it; isogloss compare STUDY runs a study of yours; isogloss compare FIGURES.csv (columns:
    metric and one per encoder) sets figures of anybody side by side.
    """
    from isogloss.cli.comparison_study import Words, written_study
    from isogloss.cli.running import choose
    from isogloss.desk.opened import open_study

    show.listen(verbose)
    words = Words(task, data, languages, targets, labels, seeds, measure)
    ending = Path(what[0]).suffix if len(what) == 1 else ""
    if ending in {".csv", *STUDY_ENDINGS}:
        words.refuse(what[0])
    if ending == ".csv":
        if changes:
            raise InputError(f"--set changes a study, and {what[0]} holds figures: leave it out.")
        _figures(Path(what[0]), output, as_json=json)
        return
    chosen = choose(executor, jobs, cluster, cpus, gpus, memory)
    if ending:
        opened = open_study(Path(what[0]), store, changes)
    else:
        with written_study(what, words, output) as study:
            opened = open_study(study, store, changes)
    _compare_study(opened, output, chosen, as_json=json)


def _figures(path: Path, output: Path | None, *, as_json: bool) -> None:
    from isogloss.report.comparison.grid import grid_rich
    from isogloss.report.comparison.read_figures import read_figures
    from isogloss.report.comparison.values import compare_values
    from isogloss.report.comparison.write import write_figures

    found = compare_values(read_figures(path))
    if output is not None:
        for made in write_figures(output, found, caption=path.stem):
            show.note(f"Wrote {made}.")
    if as_json:
        show.dump(found.records)
        return
    show.wide().print(grid_rich(found, title=path.stem))


def _compare_study(
    opened: "Opened", output: Path | None, executor: "Chosen", *, as_json: bool
) -> None:
    """Do what is missing, then say what came out; a failed cell leaves the rest (exit code 3)."""
    from isogloss.cli.running import bring_up_to_date, code_after, failed, warn_of

    _check_candidates(opened)
    failures = failed(bring_up_to_date(opened, executor).outcomes)
    warn_of(failures)
    opened = opened.again_opened()
    try:
        comparison, chosen = _conclude(opened, output, as_json=as_json)
    except InputError as error:
        if not failures:
            raise
        code = code_after(opened, failures)
        show.mistake(_too_little(opened, error), as_json=as_json, exit_code=code)
        raise typer.Exit(code) from None
    if not as_json:
        for table in comparison:
            show.wide().print(table)
        for line in chosen:
            show.say(line)
    raise typer.Exit(code_after(opened, failures))


def _too_little(opened: "Opened", error: InputError) -> RunError:
    """What to say where steps have failed and the rest cannot be compared."""
    why, again = str(error).partition(". ")[0], opened.again("compare")
    return RunError(f"Some steps failed, and the others are too few to compare ({why}): {again}")


def _check_candidates(opened: "Opened") -> None:
    """Refuse before anything is trained what would have nothing to compare in the end."""
    if not opened.study.encoders:
        raise InputError(
            f"{opened.path} fine-tunes no encoder, so there is none to compare; the arms of its"
            f" pre-training are compared by its report: {opened.again('report')}"
        )
    declared = opened.study.efficiency
    others = [form for form in (declared.forms if declared else ()) if form != "torch"]
    if len(opened.study.encoders) < 2 and not others:
        raise InputError(
            f"{opened.path} has one encoder, in one form; a comparison needs two. Add an encoder,"
            f" or a form to efficiency.forms, or run it alone: {opened.again('run')}"
        )


def _conclude(
    opened: "Opened", output: Path | None, *, as_json: bool
) -> tuple[list["Table"], list[str]]:
    """Compare and recommend, write it, and return what the screen shows: tables, then lines."""
    from isogloss.desk.compared import (
        compared,
        data_notes,
        measurement,
        warnings,
    )
    from isogloss.execute.audit import tokenizer_audits
    from isogloss.report.comparison.page import Told
    from isogloss.report.comparison.write import comparison_console, write_comparison
    from isogloss.report.frame import Frame
    from isogloss.store.step_files import MEASURED

    found = compared(opened, tokenizer_audits(opened.study, opened.plan, opened.store))
    chosen = found.recommend()
    folder = output or opened.folder
    measured, raw = measurement(opened)
    told = Told(
        recommendation=chosen,
        commands=[opened.again("compare", "-o", str(folder))],
        unfinished=opened.unfinished(),
        measured=measured,
        data=data_notes(opened),
    )
    frame = Frame(opened.study.name, opened.study.metric, opened.sample)
    paths = write_comparison(folder, found.comparison, frame=frame, told=told)
    if raw is not None:
        write_file(folder / MEASURED, raw.read_bytes())
    if as_json:
        show.dump({**found.comparison.to_json(), "recommendation": chosen.to_json()})
    where = f"Comparison: {paths[-1]}; tables: {len(paths) - 1} files in {folder / 'tables'}."
    doubts = [*found.comparison.notes, *warnings(opened, measured)]
    lines = [*chosen.lines, *doubts, *told.unfinished, where]
    return comparison_console(found.comparison), lines
