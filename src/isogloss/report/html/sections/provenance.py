"""Where everything comes from, and how to get it again."""

from collections.abc import Iterator

from isogloss.report.html.blocks import (
    Block,
    Code,
    Fact,
    Facts,
    Fold,
    Heading,
    Lines,
    Section,
    Words,
    table_of,
)
from isogloss.report.html.evidence import Evidence
from isogloss.report.html.evidence import Provenance as Told
from isogloss.report.html.trained import how_trained
from isogloss.report.numbers import duration, plain
from isogloss.report.records import Records

AGAIN = "To get this page again"
CHECK = "To check it"
CHECKING = (
    "A key is the digest of everything that decides a step's result: the study's values, the bytes"
    " of data and weights, the keys of what it needs. `isogloss plan` works them out from the study"
    " file alone; the last two commands make everything anew, to be set beside the first results."
    " On one machine, with the same versions and as many threads, they are the same numbers."
    " Elsewhere sums are rounded otherwise: the last digits differ, and where a model is small or"
    " has few examples, training can make points of them."
)
MOST_LINES = 12
"""Lines of what is missing that stand open; the others are behind a click."""

NOT_DONE = "What is not done yet; a training stands for its tests too"

TABLES = {
    "kinds": "What it took: wall time is the sum over steps, which may have run side by side",
    "machines": "Machine that costs were measured on",
    "versions": "Versions that the steps were made with",
    "pins": "Data and models, and which bytes they were",
    "steps": "Every finished step with its key",
}
FOLDED = {"pins", "steps"}
UNITS = {"EFLOP": 1e9, "PFLOP": 1e6, "TFLOP": 1e3}
"""Units of operations, in GFLOP; the tables have GFLOP."""


def provenance(evidence: Evidence) -> Section | None:
    """What failed or is missing, commands, costs, pins, keys and the study file."""
    told = evidence.provenance
    blocks: list[Block] = [
        *_missing(told),
        *([Facts(list(_in_all(told)))] if told.kinds else []),
        Code("\n".join(told.commands), AGAIN),
    ]
    if told.checks:
        blocks += [Code("\n".join(told.checks), CHECK), Words(CHECKING, "note")]
    records: dict[str, Records] = {
        "kinds": told.kinds,
        "machines": told.machines,
        "versions": told.versions,
        "pins": told.pins,
        "steps": told.steps,
    }
    if evidence.scores is not None:
        blocks += how_trained(evidence.scores)
    if any(records.values()):
        blocks.append(Heading("What it took, and from what it was made"))
    for name, caption in TABLES.items():
        if records[name]:
            folded = name in FOLDED
            blocks.append(table_of(f"from-{name}", caption, records[name], folded=folded))
    blocks.append(Fold("The study file, as it was read", [Code(told.study)]))
    return Section("provenance", "Provenance", blocks)


def _missing(told: Told) -> Iterator[Block]:
    """Failures with their reasons first; then what is not done yet, the most of it folded."""
    if told.failed:
        yield Heading("What failed")
        yield table_of("from-failed", "Steps that failed, and why", told.failed)
    failed = {f"{one['step']}: failed: {one['why']}" for one in told.failed}
    undone = [line for line in told.unfinished if line not in failed]
    if undone:
        left = _counted(told.n_left - len(told.failed))
        yield Words(f"**Not in this page:** {left} not done yet.", "warning")
        lines = Lines(undone)
        yield lines if len(undone) <= MOST_LINES else Fold(NOT_DONE, [lines])


def _counted(n: int) -> str:
    return "1 step is" if n == 1 else f"{n:,} steps are"


def _in_all(told: Told) -> Iterator[Fact]:
    """Steps, time, operations and seeds."""
    steps, finished = int(_sum(told.kinds, "steps")), int(_sum(told.kinds, "finished"))
    yield Fact("Steps", f"{finished:,} of {steps:,} finished")
    seconds = _sum(told.kinds, "wall time (s)")
    yield Fact("Wall time", duration(seconds), ["sum over steps", *_between(told)])
    if gflop := _sum(told.kinds, "GFLOP"):
        yield Fact("Operations", _operations(gflop), ["where steps count them"])
    seeds = sorted({one["seed"] for one in told.steps if one["seed"] is not None})
    if seeds:
        yield Fact("Seeds" if len(seeds) > 1 else "Seed", ", ".join(map(str, seeds)))


def _operations(gflop: float) -> str:
    """Operations in a unit that leaves few digits before the point.

    >>> _operations(0.5), _operations(12_345.0), _operations(2.5e6)
    ('0.500 GFLOP', '12.35 TFLOP', '2.500 PFLOP')
    """
    unit, size = next((one for one in UNITS.items() if gflop >= one[1]), ("GFLOP", 1.0))
    return f"{plain(gflop / size)} {unit}"


def _between(told: Told) -> Iterator[str]:
    """When the first step and the last one were finished, to the minute."""
    times = sorted(one["finished (UTC)"] for one in told.steps)
    if times:
        yield f"{times[0][:-3]} to {times[-1][:-3]} UTC"


def _sum(records: Records, field: str) -> float:
    return sum(record[field] or 0 for record in records)
