"""What would change the choice, in words and as a table."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from isogloss.report.html.blocks import grouped
from isogloss.report.numbers import plain
from isogloss.report.recommend.candidate import Candidate
from isogloss.report.recommend.constraints import KINDS
from isogloss.report.recommend.turning import Stretch, alone, by_limit, by_weight
from isogloss.report.records import Record

NOBODY = "nobody"

COUNTED = {
    "quality": "quality",
    "cost": "cost",
    "fairness": "the worst language",
    "expansion": "languages not trained on",
}


class Turns(NamedTuple):
    """All that was asked, with its answers."""

    choice: str
    metric: str
    alone: Mapping[str, str]
    weights: Mapping[str, Sequence[Stretch]]
    limits: Mapping[str, Sequence[Stretch]]


def turns_of(candidates: Sequence[Candidate], choice: str) -> Turns:
    """Ask what would change a choice that was made without limits and weights."""
    return Turns(
        choice=choice,
        metric=candidates[0].metric,
        alone=alone(candidates),
        weights={
            name: found
            for name in COUNTED
            if name != "quality" and (found := by_weight(candidates, name))
        },
        limits={name: found for name in KINDS if (found := by_limit(candidates, name))},
    )


def turn_lines(turns: Turns) -> list[str]:
    """A sentence for each thing that could change the choice."""
    return [*_alone_line(turns), *_weight_lines(turns), *_limit_lines(turns)]


def turn_table(turns: Turns) -> list[Record]:
    """Every stretch of weights and limits, with the choice in it."""
    return [
        {**line, "choice": line["choice"] or NOBODY, "as now": _same(line["choice"], turns.choice)}
        for line in (*_alone_rows(turns), *_weight_rows(turns), *_limit_rows(turns))
    ]


def share(weight: float) -> str:
    """A weight in percent, with three digits at most.

    >>> share(0.12345), share(0.00031), share(1.0)
    ('12.3 %', '0.031 %', '100 %')
    """
    return f"{100 * weight:.3g} %"


def _alone_line(turns: Turns) -> Iterator[str]:
    same = [COUNTED[name] for name, who in turns.alone.items() if who == turns.choice]
    if same:
        yield f"By {_listed(same)} alone: **{turns.choice}**, the same."
    for name, who in turns.alone.items():
        if who != turns.choice:
            yield f"By {COUNTED[name]} alone: **{who}**."


def _weight_lines(turns: Turns) -> Iterator[str]:
    for name, stretches in turns.weights.items():
        if len(stretches) > 1:
            first, *others = stretches
            told = ", ".join(f"**{one.choice}** from {share(one.start)} on" for one in others)
            yield (
                f"Weigh {COUNTED[name]} against quality: **{first.choice}** up to a weight of"
                f" {share(first.end)}, {told}."
            )


def _limit_lines(turns: Turns) -> Iterator[str]:
    for name, stretches in turns.limits.items():
        kind, unit = KINDS[name], KINDS[name].unit
        words = kind.words.format(metric=turns.metric)
        than = "below" if kind.is_most else "above"
        told = [
            f"{than} {grouped(plain(one.start))}{unit} **{one.choice}**"
            if one.choice
            else f"{than} {grouped(plain(one.start))}{unit} nobody is left"
            for one in stretches[1:]
        ]
        first = stretches[0].choice
        lead = "" if first == turns.choice else f"any limit at all **{first}**, "
        yield f"Limit the {words}: {lead}{', '.join(told)}."


def _alone_rows(turns: Turns) -> Iterator[Record]:
    for name, who in turns.alone.items():
        yield {"asked": f"{COUNTED[name]} alone", "range": None, "choice": who}


def _weight_rows(turns: Turns) -> Iterator[Record]:
    for name, stretches in turns.weights.items():
        for one in stretches:
            yield {
                "asked": f"weight of {COUNTED[name]} against quality",
                "range": f"{share(one.start)} to {share(one.end)}",
                "from": one.start,
                "to": one.end,
                "choice": one.choice,
            }


def _limit_rows(turns: Turns) -> Iterator[Record]:
    for name, stretches in turns.limits.items():
        kind = KINDS[name]
        for one in stretches:
            yield {
                "asked": kind.asked.format(metric=turns.metric),
                "range": _limit_range(one, kind.unit, most=kind.is_most),
                "from": None if math.isinf(one.start) else one.start,
                "to": one.end,
                "choice": one.choice,
            }


def _limit_range(one: Stretch, unit: str, *, most: bool) -> str:
    """From which limit to which; a candidate keeps to a limit that is its own value."""
    start, end = f"{grouped(plain(one.start))}{unit}", f"{grouped(plain(one.end))}{unit}"
    if one.choice is None:
        return f"below {start}" if most else f"above {start}"
    if math.isinf(one.start):
        return f"{end} or more"
    if one.start == 0:
        return f"{end} or less"
    return f"below {start}, to {end}" if most else f"above {start}, to {end}"


def _listed(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _same(choice: str | None, now: str) -> str:
    return "yes" if choice == now else "no"
