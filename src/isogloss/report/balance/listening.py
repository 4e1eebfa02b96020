"""How far each student has listened to each teacher, update by update.

A student that listens by dev losses turns from a teacher that it has outdone. The weight that the
teacher of a language has in its loss is known from one look at the dev text to the next; until the
first look it is the one that the study declares.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import fmean
from typing import NamedTuple

from isogloss.report.charts.listening import listening_chart
from isogloss.report.figures import Figure, named_apart, slug
from isogloss.report.frame import Frame
from isogloss.report.pivots import parts
from isogloss.report.records import Record, Records

TABLE = "balance_listening"


class Heard(NamedTuple):
    """The weights of one training."""

    arm: str
    seed: int
    languages: Sequence[str]
    n_steps: int
    weight: float
    """Of every teacher until the first look."""

    looks: Sequence[tuple[int, Sequence[float]]]
    """The update of each look, and the weight of each language's teacher from there on."""


def listening_records(trainings: Iterable[Heard]) -> list[Record]:
    """One record per arm, language and look, means over the seeds that have looked there.

    Returns:
        `arm`, `language`, `update` (0 before the first look), `weight` from there on, `share` of
        all updates that this look decided, `n_seeds`.
    """
    found: dict[tuple[str, str, int], list[tuple[float, float]]] = {}
    for one in trainings:
        for update, share, weights in _stretches(one):
            for language, weight in zip(one.languages, weights, strict=True):
                found.setdefault((one.arm, language, update), []).append((weight, share))
    return [
        {
            "arm": arm,
            "language": language,
            "update": update,
            "weight": fmean(weight for weight, _ in seen),
            "share": fmean(share for _, share in seen),
            "n_seeds": len(seen),
        }
        for (arm, language, update), seen in found.items()
    ]


def listening_table(records: Records) -> list[Record]:
    """One record per arm and language: the weight at first, on average over updates, and at last.

    Args:
        records: of `listening_records`.
    """
    return [
        {
            **key,
            "weight at first": lines[0]["weight"],
            "mean weight": sum(r["weight"] * r["share"] for r in lines)
            / sum(r["share"] for r in lines),
            "weight at last": lines[-1]["weight"],
            "looks": len(lines) - 1,
            "n_seeds": min(r["n_seeds"] for r in lines),
        }
        for key, lines in parts(records, ("arm", "language"))
    ]


def listening_figures(records: Records, frame: Frame) -> Iterator[Figure]:
    """A figure an arm: languages down, updates across, the weight as a shade."""
    yield from named_apart(
        [
            Figure(
                slug("balance-listening", key["arm"]),
                TABLE,
                f"How far {key['arm']} listens to the teacher of each language.",
                listening_chart(lines, frame, key["arm"]),
            )
            for key, lines in parts(records, ("arm",))
        ]
    )


def _stretches(one: Heard) -> Iterator[tuple[int, float, Sequence[float]]]:
    """From which update on, for which share of all, and the weights."""
    first = (0, [one.weight] * len(one.languages))
    looks = [look for look in one.looks if look[0] < one.n_steps]
    ends = [at for at, _ in (first, *looks)] + [one.n_steps]
    for (start, end), (_, weights) in zip(pairwise(ends), (first, *looks), strict=True):
        yield start, (end - start) / one.n_steps, weights
