"""`isogloss status`: how far a study is, and what failed why."""

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
    from isogloss.desk.opened import Opened


def status(
    study: StudyArgument,
    store: StoreOption = DEFAULT_STORE,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Say how many steps of each kind are finished, begun or failed, and why they failed."""
    from isogloss.desk.opened import open_study

    show.listen(verbose)
    opened = open_study(study, store, changes)
    show.notes(opened.remarks)
    found = _status(opened)
    if json:
        show.dump(found)
        return
    for kind, counts in found["kinds"].items():
        words = [f"{counts['finished']} of {counts['steps']} finished"]
        words += [f"{counts[what]} {what}" for what in ("begun", "failed") if counts[what]]
        show.say(f"{kind}: {', '.join(words)}")
    for failure in found["failures"]:
        show.say(f"failed {failure['key']} {failure['title']}: {failure['message']}")
    if found["missing"]:
        show.note(f"Go on with: {opened.again('run')}")


def _status(opened: "Opened") -> dict[str, Any]:
    kinds: dict[str, dict[str, int]] = {}
    failures = []
    for step in opened.plan:
        counts = kinds.setdefault(step.kind, dict.fromkeys(_STATES, 0))
        counts["steps"] += 1
        if step.key in opened.store:
            counts["finished"] += 1
        elif failure := opened.store.failure(step.key):
            counts["failed"] += 1
            failures.append({"key": step.key, "title": step.title, **failure})
        elif opened.store.has_begun(step.key):
            counts["begun"] += 1
    return {
        "study": opened.study.name,
        "kinds": kinds,
        "missing": len(opened.missing),
        "failures": failures,
    }


_STATES = ("steps", "finished", "begun", "failed")
