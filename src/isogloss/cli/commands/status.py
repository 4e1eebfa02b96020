"""`isogloss status`: how far a study is, what runs, what failed why, and how long the rest is."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from isogloss.cli import show
from isogloss.cli.options import (
    JsonOption,
    SetOption,
    StoreOption,
    StudyArgument,
    VerboseOption,
)
from isogloss.store.names import DEFAULT_STORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isogloss.desk.progress.progress import Progress
    from isogloss.desk.progress.running import Running
    from isogloss.store.store import Store


def status(
    study: StudyArgument,
    store: StoreOption = DEFAULT_STORE,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Say how far a study is: steps by kind and state, what runs, what failed why, time left."""
    from isogloss.desk.opened import open_study
    from isogloss.desk.progress.progress import Asked, progress_of

    show.listen(verbose)
    opened = open_study(study, store, changes)
    show.notes(opened.remarks)
    keys = [step.key for step in opened.plan]
    asked = Asked(opened.study.name, str(opened.path), keys, opened.plan)
    found = progress_of(asked, opened.store)
    if json:
        show.dump(_told(found, opened.store))
        return
    for line in _lines(found):
        show.say(line)
    if _missing(found):
        show.note(f"Go on with: {opened.again('run')}")


def _lines(found: "Progress") -> "Iterator[str]":
    from isogloss.report.numbers import duration

    for of_kind in found.kinds:
        yield f"{of_kind.kind}: {_counted(of_kind.states, of_kind.steps)}"
    for running in found.running:
        yield f"running {running.key} {running.title}{_how_far(running)}"
    for failed in found.failures:
        yield f"failed {failed.key} {failed.title}: {failed.message}"
    if found.left is not None:
        yield f"Done in about {duration(found.left)}, if as many steps are worked on as now."
    elif found.work:
        yield f"Work left: about {duration(found.work)}, one step after the other."


def _counted(states: "Mapping[str, int]", steps: int) -> str:
    """How many steps are in each state, in words; states without any are left out."""
    more = [f"{n} {state}" for state, n in states.items() if n and state != "finished"]
    return ", ".join([f"{states['finished']} of {steps} finished", *more])


def _how_far(running: "Running") -> str:
    from isogloss.report.numbers import duration

    words = []
    if running.done is not None and running.total is not None:
        words.append(f"{running.done} of {running.total}")
    if running.loss is not None:
        words.append(f"loss {running.loss:.4g}")
    if running.left is not None:
        words.append(f"about {duration(running.left)} left")
    return f": {', '.join(words)}" if words else ""


def _missing(found: "Progress") -> int:
    return found.steps - found.states["finished"]


def _told(found: "Progress", store: "Store") -> dict[str, Any]:
    failures = ({**asdict(one), **(store.failure(one.key) or {})} for one in found.failures)
    return {
        "study": found.study,
        "kinds": {one.kind: {"steps": one.steps, **one.states} for one in found.kinds},
        "missing": _missing(found),
        "running": [asdict(one) for one in found.running],
        "failures": list(failures),
        "seconds_left": found.left,
        "seconds_of_work_left": found.work,
    }
