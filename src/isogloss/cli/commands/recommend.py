"""`isogloss recommend`: which encoder to take under stated constraints, and who ties with it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from isogloss.base.errors import InputError
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


def recommend(
    study: StudyArgument,
    max_latency_ms: Annotated[
        float | None,
        typer.Option(help="The longest that 99 of 100 single answers may take, in ms."),
    ] = None,
    max_memory_mb: Annotated[
        float | None, typer.Option(help="The most main memory that serving may take, in MB.")
    ] = None,
    min_f1: Annotated[
        float | None,
        typer.Option(help="The least mean of the study's metric over the languages trained on."),
    ] = None,
    price: Annotated[
        float | None, typer.Option(help="Price of the machine per hour; by default the study's.")
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="quality=..,cost=..,fairness=..,expansion=..",
            help="What counts how much; without it the best quality, of equals the cheapest.",
        ),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Recommend an encoder and a form of serving from what a study has finished.

    Quality is the mean over the languages trained on; fairness the worst of them; cost that of a
    million sentences; expansion the zero-shot score on languages left out of training. The choice,
    its reason and who ties with it stand in three lines.
    """
    from isogloss.desk.compared import compared, measurement, warnings
    from isogloss.desk.opened import open_study
    from isogloss.report.comparison.write import recommendation_console
    from isogloss.report.recommend.constraints import Constraints
    from isogloss.report.recommend.weights import parse_weights

    show.listen(verbose)
    limits = Constraints(max_latency_ms=max_latency_ms, max_memory_mb=max_memory_mb, min_f1=min_f1)
    weighed = parse_weights(weights) if weights is not None else None
    opened = open_study(study, store, changes)
    show.notes(opened.remarks)
    _refuse_unmeasured(opened, [max_latency_ms, max_memory_mb], weighed)
    found = compared(opened)
    chosen = found.recommend(limits, weighed, price_per_hour=price)
    if json:
        show.dump(chosen.to_json())
        return
    for table in recommendation_console(chosen):
        show.wide().print(table)
    notes = found.comparison.notes
    for line in [*chosen.lines, *notes, *warnings(opened, measurement(opened)[0])]:
        show.say(line)
    if opened.missing:
        show.note(f"{len(opened.missing)} steps are not finished; this is about the rest.")


def _refuse_unmeasured(
    opened: "Opened", limits: Sequence[float | None], weights: Mapping[str, float] | None
) -> None:
    """Say that measuring is still to be done, where that is all that is missing."""
    wanted = any(limit is not None for limit in limits) or "cost" in (weights or {})
    missing = any(step.kind == "measure" for step in opened.missing)
    if wanted and missing:
        raise InputError(f"Nothing is measured yet; finish the study: {opened.again('run')}")
