"""The comparison table: a metric a line, an encoder a column, a difference and a candidate.

The arithmetic is that of every such table: difference = (B - A) / A x 100, relative to the first
encoder. What is added: the table knows which way each metric is better, and calls a tie a tie. A
value given as text is shown as it was given, so no digit is lost or made up.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, final

from isogloss.base.errors import InputError
from isogloss.report.comparison.directions import direction, labeled
from isogloss.report.numbers import CUT, decimals, number, written
from isogloss.report.records import Record

NONE = "-"
"""Stands where there is no difference to state, or no candidate to name."""

RESERVED = {
    "metric", "difference", "difference_percent", "candidate", "test set", "p (Holm)", "better",
    "could see", "n_seeds", "gold spans", "gold words", "gold texts",
}  # fmt: skip
"""Columns of this table and of the one by language; no encoder is named so."""

ENDS = ("_low", "_high", "_sd")
"""What columns of intervals end in."""


SMALL = 0.1
"""Below it three decimals are too few."""


class Stated(NamedTuple):
    """A value and how it is to be written, for instance with its interval."""

    value: float
    text: str


Value = float | str | Stated
"""A number, a number as it was written, or a number with its own text."""

Values = Mapping[str, Mapping[str, Value]]
"""By encoder and metric; an encoder may lack a metric."""


@final
@dataclass(frozen=True)
class Line:
    """One metric of all encoders."""

    metric: str
    """With its unit."""

    cells: tuple[Stated | None, ...]
    """By encoder; None where it was not measured."""

    percents: tuple[float | None, ...]
    """Of each encoder but the first, relative to the first; None where that is undefined."""

    candidate: str
    """The best encoder; `tie` of all, `tie: A, B` of some; `-` if there is no best."""

    best: tuple[str, ...]
    """The encoders whose cells are marked: the candidate, or the leaders of a tie of some."""

    apart: tuple[str, ...] = ()
    """The encoders that a test tells from the best one."""

    half_widths: tuple[float | None, ...] = ()
    """Of the intervals of the percents, in percent; None where no interval is known."""

    @property
    def percent_texts(self) -> tuple[str, ...]:
        """The percents as they are written, with the digits that their intervals support."""
        known = self.half_widths or (None,) * len(self.percents)
        return tuple(map(percent_text, self.percents, known))


@final
@dataclass(frozen=True)
class Compared:
    """A comparison table that any writer can take (see `isogloss.report.comparison.grid`)."""

    encoders: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def is_cut(self) -> bool:
        """Whether some interval ends at what its number can be, and has a star there."""
        cells = (cell for line in self.lines for cell in line.cells if cell is not None)
        return any(f"{CUT}," in cell.text or f"{CUT}]" in cell.text for cell in cells)

    @property
    def records(self) -> list[Record]:
        """Flat records for CSV and JSON: numbers as they are, differences in percent."""
        heads = self.heads("difference_percent")
        return [
            {
                "metric": line.metric,
                **{
                    encoder: None if cell is None else cell.value
                    for encoder, cell in zip(self.encoders, line.cells, strict=True)
                },
                **dict(zip(heads, line.percents, strict=True)),
                "candidate": line.candidate,
            }
            for line in self.lines
        ]

    def heads(self, word: str = "difference") -> tuple[str, ...]:
        """The headings of the columns of differences; one alone needs no name behind it."""
        others = self.encoders[1:]
        return (word,) if len(others) == 1 else tuple(f"{word} {other}" for other in others)


def compare_values(
    values: Values,
    *,
    ties: Mapping[str, Collection[str]] | None = None,
    undecided: Collection[str] = (),
    apart: Mapping[str, Collection[str]] | None = None,
) -> Compared:
    """Compare encoders by their figures; the first is the one that others differ from.

    Equal values tie. What statistics call a tie only the caller knows, and says in `ties`. A metric
    that some encoder lacks has no candidate: nobody knows whether that one is better.

    Args:
        values: by encoder and metric, in the order of the table.
        ties: metric -> all encoders that cannot be told from the best, itself among them.
        undecided: metrics of which nobody knows whether a difference is one; without candidate.
        apart: metric -> the encoders that a test tells from the best one.

    Raises:
        InputError: for fewer than two encoders, a name that a column of the table has, or a value
            that is no finite number.

    >>> compared = compare_values({"A": {"eval_loss": 0.5}, "B": {"eval_loss": "0.25"}})
    >>> compared.lines[0].percents, compared.lines[0].candidate
    ((-50.0,), 'B')
    """
    encoders = tuple(values)
    _check_names(encoders)
    metrics = dict.fromkeys(metric for given in values.values() for metric in given)
    tied, told = ties or {}, apart or {}
    lines = (
        _line(metric, values, None if metric in undecided else frozenset(tied.get(metric, ())))
        for metric in metrics
    )
    marked = (
        replace(line, apart=tuple(name for name in encoders if name in told.get(metric, ())))
        if metric not in undecided
        else line
        for metric, line in zip(metrics, lines, strict=True)
    )
    return Compared(encoders, tuple(marked))


def percent(first: float, second: float) -> float | None:
    """(B - A) / A x 100; None for A = 0, of which nothing is a percentage.

    For A < 0 the sign would turn around, so its size is taken.
    """
    return None if first == 0 else (second - first) / abs(first) * 100


def percent_text(value: float | None, half_width: float | None = None) -> str:
    """Write a difference in percent: with its sign, and `0%` if there is none that can be told.

    Args:
        value: in percent.
        half_width: of its interval, in percent too; no more digits than it supports, and one
            decimal at most.

    >>> percent_text(-25.53), percent_text(64.65), percent_text(0.0), percent_text(None)
    ('-25.5%', '+64.7%', '0%', '-')
    >>> percent_text(491.3, 482.5), percent_text(-23.7, 6.4), percent_text(-0.01)
    ('+500%', '-24%', '0.0%')
    """
    if value is None:
        return NONE
    if value == 0:
        return "0%"
    text = written(value, min(1, decimals(half_width)) if half_width else 1)
    return f"+{text}%" if value > 0 and text.strip("0.") else f"{text}%"


def text_of(value: float) -> str:
    """Write a number of which only the value is known, with four digits that count.

    >>> [text_of(value) for value in (0.0376231, 0.98986, 12.3213, 177853440.0, 3, 0.0)]
    ['0.03762', '0.9899', '12.32', '177853440', '3', '0']
    """
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:.0f}"
    places = 3 - math.floor(math.log10(abs(value)))
    return f"{value:.{min(places, 9)}f}"


def interval_text(value: float, low: float | None, high: float | None, *, cut: bool = False) -> str:
    """Write a measured value with its interval, small ones with as many digits as large ones.

    `cut` says that the interval was cut at 0, and puts a star there.

    >>> interval_text(12.34, 11.2, 13.5), interval_text(0.00712, 0.0066, 0.0076)
    ('12.3 [11.2, 13.5]', '0.0071 [0.0066, 0.0076]')
    """
    if low is None or high is None or high <= low:
        return text_of(value)
    if high >= SMALL:
        return number(value, low, high, cut=(cut, False))
    places = min(9, decimals((high - low) / 2 * 1e6) + 6)
    star = CUT if cut else ""
    return f"{written(value, places)} [{written(low, places)}{star}, {written(high, places)}]"


def best_of(metric: str, values: Mapping[str, float]) -> str | None:
    """The encoder with the best value, the first of equals; None where neither way is better."""
    way = direction(metric)
    if way is None or not values:
        return None
    return (max if way == "higher" else min)(values, key=values.__getitem__)


def _line(metric: str, values: Values, tied: frozenset[str] | None) -> Line:
    """One metric; `tied` is None where nothing is decided."""
    cells = tuple(_stated(given.get(metric), metric, name) for name, given in values.items())
    first, *others = cells
    present = dict(zip(values, cells, strict=True))
    leaders = () if tied is None else _leaders(metric, present, tied)
    return Line(
        metric=labeled(metric),
        cells=cells,
        percents=tuple(
            None if first is None or other is None else percent(first.value, other.value)
            for other in others
        ),
        candidate=_candidate(leaders, len(values)),
        best=leaders if len(leaders) < len(values) else (),
    )


def _leaders(
    metric: str, cells: Mapping[str, Stated | None], tied: frozenset[str]
) -> tuple[str, ...]:
    """The best encoders, those that tie with the best among them; none without a direction."""
    present = {name: cell.value for name, cell in cells.items() if cell is not None}
    best = best_of(metric, present)
    if best is None or len(present) < len(cells):
        return ()
    return tuple(name for name, value in present.items() if value == present[best] or name in tied)


def _candidate(leaders: Sequence[str], n_encoders: int) -> str:
    if not leaders:
        return NONE
    if len(leaders) == 1:
        return leaders[0]
    return "tie" if len(leaders) == n_encoders else f"tie: {', '.join(leaders)}"


def _stated(value: Value | None, metric: str, encoder: str) -> Stated | None:
    if value is None or isinstance(value, Stated):
        return value
    text = value.strip() if isinstance(value, str) else text_of(value)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{metric} of {encoder} is {text!r}, which is no finite number.")
    return Stated(number, text)


def _check_names(encoders: Sequence[str]) -> None:
    if len(encoders) < 2:
        raise InputError(
            f"A comparison needs two encoders or more, not {len(encoders)}"
            f"{f' ({encoders[0]})' if encoders else ''}. Name another one."
        )
    taken = RESERVED | {f"{name}{end}" for name in encoders for end in ENDS}
    if taken := taken & set(encoders):
        raise InputError(
            f"An encoder is named {min(taken)!r}, as is a column of the tables: rename."
        )
