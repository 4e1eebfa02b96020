"""`isogloss run`: do what is missing, and only that."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isogloss.cli import show
from isogloss.cli.options import (
    INLINE,
    ClusterOption,
    CpusOption,
    ExecutorOption,
    GpusOption,
    JobsOption,
    JsonOption,
    LogFormat,
    LogFormatOption,
    MemoryOption,
    SetOption,
    StoreOption,
    StudyArgument,
    VerboseOption,
)
from isogloss.report.numbers import duration
from isogloss.store.names import DEFAULT_STORE

if TYPE_CHECKING:
    from isogloss.desk.opened import Opened
    from isogloss.desk.running import Brought
    from isogloss.execute.executor import Outcome


def run(
    study: StudyArgument,
    store: StoreOption = DEFAULT_STORE,
    executor: ExecutorOption = INLINE,
    jobs: JobsOption = 2,
    cluster: ClusterOption = None,
    cpus: CpusOption = 1,
    gpus: GpusOption = 0,
    memory: MemoryOption = 0,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="First digest every file of the study's finished steps; redo what is damaged.",
        ),
    ] = False,
    changes: SetOption = None,
    json: JsonOption = False,
    log_format: LogFormatOption = LogFormat.text,
    verbose: VerboseOption = 0,
) -> None:
    """Run a study: train and evaluate what the store does not have yet.

    Stop it at any time; the same command goes on from the last checkpoint. Ctrl-C once stops it
    when what runs has left a checkpoint, twice at once.
    Exit codes: 0 all done, 1 stopped or no model came of it, 2 wrong input, 3 some cells failed.
    """
    from isogloss.cli.running import bring_up_to_date, choose
    from isogloss.desk.opened import open_study

    show.listen(verbose, as_json=log_format is LogFormat.json)
    began = time.monotonic()
    chosen = choose(executor, jobs, cluster, cpus, gpus, memory)
    opened = open_study(study, store, changes)
    brought = bring_up_to_date(opened, chosen, verify=verify)
    _finish(opened, brought, time.monotonic() - began, as_json=json)


def _finish(opened: "Opened", brought: "Brought", seconds: float, *, as_json: bool) -> None:
    """Say how it ended, and leave with the code that says the same."""
    from isogloss.cli.running import code_after, failed, has_results

    failures = failed(brought.outcomes)
    done = brought.read + sum(outcome.status == "done" for outcome in brought.outcomes)
    summary = {
        "study": opened.study.name,
        "steps": len(opened.plan),
        "done": done,
        "found": len(opened.plan) - done - len(failures),
        "failed": [_failure(outcome) for outcome in failures],
        "quarantined": [
            {"key": one.key, "why": one.why, "folder": str(one.folder)} for one in brought.set_aside
        ],
        "seconds": seconds,
    }
    if as_json:
        show.dump(summary)
    else:
        _speak(opened, summary, failures, trained=has_results(opened))
    raise typer.Exit(code_after(opened, failures))


def _has_choice(opened: "Opened") -> bool:
    """Whether there are several encoders, or several forms of one, to compare."""
    forms = opened.study.efficiency.forms if opened.study.efficiency else ()
    return len(opened.study.encoders) > 1 or len(forms) > 1


def _failure(outcome: "Outcome") -> dict[str, Any]:
    return {
        "key": outcome.step.key,
        "title": outcome.step.title,
        "status": outcome.status,
        "code": outcome.failure.code if outcome.failure else "",
        "message": outcome.failure.message if outcome.failure else "",
    }


def _speak(
    opened: "Opened", summary: dict[str, Any], failures: list["Outcome"], *, trained: bool
) -> None:
    from isogloss.cli.running import warn_of

    took = duration(summary["seconds"])
    if not summary["done"] and not failures:
        show.say(
            f"Nothing to do: all {summary['steps']} steps are in {opened.store.root} ({took})."
        )
    else:
        show.say(
            f"{summary['done']} steps done, {summary['found']} found in the store,"
            f" {len(failures)} failed, in {took}."
        )
    if summary["quarantined"]:
        show.say(
            f"{len(summary['quarantined'])} damaged steps were moved to"
            f" {opened.store.root / 'quarantine'} and are not used: see to the disk."
        )
    warn_of(failures)
    if trained:
        commands = ["results", "report"] + ["compare"] * _has_choice(opened)
        show.say(f"Next: {'  |  '.join(map(opened.again, commands))}")
