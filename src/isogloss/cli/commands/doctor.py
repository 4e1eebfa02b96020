"""`isogloss doctor`: what this machine and installation are good for, and what to mend."""

from dataclasses import asdict
from typing import Annotated

import typer

from isogloss.cli import show
from isogloss.cli.options import JsonOption, StoreOption
from isogloss.store.names import DEFAULT_STORE

MARKS = {"ok": "ok  ", "note": "note", "warning": "WARN", "error": "BAD "}


def doctor(
    store: StoreOption = DEFAULT_STORE,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave PyTorch alone, which takes seconds to start.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Look at versions, devices, precision, threads, memory, disk and the Hub, and say the fixes.

    Nothing is changed, and the Hub is not asked. Exit codes: 0 Isogloss can work here, 1 it cannot.
    """
    from isogloss.desk.doctor import examine

    found = []
    for finding in examine(store, quick=quick):
        found.append(finding)
        if not json:
            show.say(f"{MARKS[finding.status]} {finding.area}: {finding.name}: {finding.value}")
            if finding.fix:
                show.say(f"     -> {finding.fix}")
    healthy = all(finding.status != "error" for finding in found)
    if json:
        show.dump({"healthy": healthy, "findings": [asdict(finding) for finding in found]})
    if not healthy:
        raise typer.Exit(1)
