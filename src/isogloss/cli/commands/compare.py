"""`isogloss compare`: which encoder is better, by how much, at what cost, and is it real."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isogloss.base.errors import InputError
from isogloss.cli import show
from isogloss.cli.options import (
    DEFAULT_STORE,
    ExecutorName,
    ExecutorOption,
    JobsOption,
    JsonOption,
    OutputOption,
    SetOption,
    StoreOption,
    VerboseOption,
)

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from rich.table import Table

    from isogloss.cli.opened import Opened

PARTIAL = 3
STUDY_ENDINGS = {".yaml", ".yml", ".json"}


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
        str | None, typer.Option("--labels", metavar="PER,LOC,ORG", help="Labels of the task.")
    ] = None,
    seeds: Annotated[
        str, typer.Option("--seeds", metavar="1,2,3", help="Trainings of each encoder.")
    ] = "1,2,3",
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Measure speed and memory afterwards.")
    ] = True,
    output: OutputOption = None,
    store: StoreOption = DEFAULT_STORE,
    executor: ExecutorOption = ExecutorName.inline,
    jobs: JobsOption = 2,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Compare encoders: quality and cost in one table, with intervals, ties and a candidate each.

    isogloss compare A B --task ner --data DIR --languages en,pt writes the study it stands for and
    runs it; isogloss compare STUDY runs a study of yours; isogloss compare FIGURES.csv (columns:
    metric and one per encoder) sets figures of anybody side by side.
    """
    show.listen(verbose)
    if len(what) == 1 and what[0].endswith(".csv"):
        _figures(Path(what[0]), as_json=json)
        return
    if len(what) == 1 and Path(what[0]).suffix in STUDY_ENDINGS:
        study = Path(what[0])
    else:
        asked = {"task": task, "data": data, "languages": languages}
        more: dict[str, Any] = {
            "evaluation.target_languages": _list(targets),
            "data.labels": _list(labels),
            "seeds": [_seed(one) for one in _list(seeds) or ()],
            "efficiency": {} if measure else None,
        }
        study = _write_study(what, asked, more, output)
    from isogloss.cli.opened import open_study

    opened = open_study(study, store, changes)
    _compare_study(opened, output, executor, jobs, as_json=json)


def _figures(path: Path, *, as_json: bool) -> None:
    from isogloss.report.comparison.grid import grid_rich
    from isogloss.report.comparison.read_figures import read_figures
    from isogloss.report.comparison.values import compare_values

    found = compare_values(read_figures(path))
    if as_json:
        show.dump(found.records)
        return
    show.wide().print(grid_rich(found, title=path.stem))


def _compare_study(
    opened: "Opened", output: Path | None, executor: ExecutorName, jobs: int, *, as_json: bool
) -> None:
    """Do what is missing, then say what came out; a failed cell leaves the rest (exit code 3)."""
    from isogloss.cli.running import bring_up_to_date

    _, outcomes = bring_up_to_date(opened, executor, jobs)
    comparison, chosen = _conclude(opened.again_opened(), output, as_json=as_json)
    if not as_json:
        for table in comparison:
            show.wide().print(table)
        for line in chosen:
            show.say(line)
    if any(outcome.status in {"failed", "blocked"} for outcome in outcomes):
        raise typer.Exit(PARTIAL)


def _conclude(
    opened: "Opened", output: Path | None, *, as_json: bool
) -> tuple[list["Table"], list[str]]:
    """Compare and recommend, write it, and return what the screen shows: tables, then lines."""
    from isogloss.cli.compared import RAW_FILE, compared, measurement, price_of
    from isogloss.execute.audit import tokenizer_audits
    from isogloss.report.comparison.page import Told
    from isogloss.report.comparison.write import comparison_console, write_comparison
    from isogloss.report.files import write_file
    from isogloss.report.frame import Frame
    from isogloss.report.recommend.constraints import Constraints
    from isogloss.report.recommend.recommend import recommend

    found = compared(opened, tokenizer_audits(opened.study, opened.plan, opened.store))
    price, currency = price_of(opened)
    chosen = recommend(found.candidates(price), Constraints(), currency=currency)
    folder = output or opened.folder
    measured, raw = measurement(opened)
    told = Told(
        recommendation=chosen,
        commands=[opened.again("compare", "-o", str(folder))],
        unfinished=opened.unfinished(),
        measured=measured,
    )
    sample = opened.study.data.source.kind == "sample"
    frame = Frame(opened.study.name, opened.study.metric, sample)
    paths = write_comparison(folder, found.comparison, frame=frame, told=told)
    if raw is not None:
        write_file(folder / RAW_FILE, raw.read_bytes())
    if as_json:
        show.dump({**found.comparison.to_json(), "recommendation": chosen.to_json()})
    where = f"Comparison: {paths[-1]}; tables: {len(paths) - 1} files in {folder / 'tables'}."
    return comparison_console(found.comparison), [*chosen.lines, *told.unfinished, where]


def _write_study(
    encoders: list[str],
    asked: dict[str, str | None],
    more: dict[str, Any],
    output: Path | None,
) -> Path:
    import yaml

    from isogloss.study.comparison import comparison_document

    lacking = [f"--{name}" for name, value in asked.items() if not value]
    if lacking:
        raise InputError(
            f"A comparison of encoders needs {', '.join(lacking)}; or name a study file."
        )
    document = comparison_document(
        encoders,
        task=asked["task"] or "",
        data=asked["data"] or "",
        languages=_list(asked["languages"]) or (),
        more=more,
    )
    folder = output or Path("results") / document["name"]
    path = folder / "study.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from None
    show.note(f"The study underneath: {path}")
    return path


def _list(text: str | None) -> list[str] | None:
    return [one.strip() for one in text.split(",") if one.strip()] if text else None


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--seeds: {text!r} is no whole number.") from None
