"""What a page is made of: sections of blocks. Blocks hold values; the template draws them.

All text is plain: it is escaped where it is drawn, so a block can carry anything that a data set
carries. `Words` and `Lines` know `**bold**` and `code` in backticks, and nothing else.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, final

from isogloss.report.records import Records
from isogloss.report.tables import csv_text, shown

LONGEST, LONGEST_WORD, SHORT = 40, 24, 16
"""What a column has room for, in characters; what is short is never broken."""

_LARGE = re.compile(r"(?<![\d.])\d{4,}")
"""Whole parts of numbers that have commas."""


@final
@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str
    tone: Literal["plain", "lead", "note", "warning"] = "plain"
    kind: Literal["words"] = "words"


@final
@dataclass(frozen=True)
class Heading:
    """What the blocks below it, up to the next one, are about."""

    text: str
    kind: Literal["heading"] = "heading"


@final
@dataclass(frozen=True)
class Lines:
    """A list of sentences."""

    lines: Sequence[str]
    tone: Literal["plain", "note", "warning"] = "plain"
    kind: Literal["lines"] = "lines"


@final
@dataclass(frozen=True)
class Code:
    """Commands or a file, as they are."""

    text: str
    caption: str = ""
    kind: Literal["code"] = "code"


@final
@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    value: float | int | str | None = None
    """What it is sorted by; the number itself, where it has one."""

    mark: Literal["", "best", "better", "worse", "tie"] = ""
    """What it stands out by; said in words in the text too, or beside it."""

    @property
    def is_short(self) -> bool:
        """Whether it stands in one line however narrow its column is: `9 languages`, a name."""
        return len(self.text) <= SHORT

    @property
    def is_long(self) -> bool:
        """Whether it has to be broken, within words if need be."""
        return len(self.text) > LONGEST or any(len(w) > LONGEST_WORD for w in self.text.split())


@final
@dataclass(frozen=True)
class Table:
    """A table that sorts, filters and downloads."""

    id: str
    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: Sequence[bool]
    csv: str
    """What its download holds: the numbers themselves."""

    common: str = ""
    """What all rows have in common, said once."""

    folded: bool = False
    """Whether it is shut at first."""

    kind: Literal["table"] = "table"


@final
@dataclass(frozen=True)
class Chart:
    """A Vega-Lite chart with its data inside, and the words for who cannot see it."""

    id: str
    caption: str
    spec: Mapping[str, Any]
    csv: str = ""
    """The numbers that it draws, for its download; none, if a table beside it has them."""

    controls: Sequence["Control"] = ()
    facts: str = ""
    """What the downloaded picture says below its title."""

    scales: bool = False
    """Whether a reader may have its logarithmic axes linear."""

    kind: Literal["chart"] = "chart"


@final
@dataclass(frozen=True)
class Control:
    """A choice that sets a parameter of a chart."""

    param: str
    """Name of the parameter in the chart."""

    label: str
    value: str
    options: Sequence[tuple[str, str]]
    """Value and words of each option."""

    hover: str = ""
    """Field of the marks whose value the parameter takes while a pointer is over one."""


@final
@dataclass(frozen=True)
class Widget:
    """Something of its own: a part of the template named `<name>.html.j2`, with data for it.

    The data stand in the page as JSON under `<id>-data`; `window.isogloss.widgets[name]` is
    called with the element and the data.
    """

    id: str
    name: str
    caption: str
    data: Mapping[str, Any]
    parts: Mapping[str, Any] = field(default_factory=dict)
    """Values for the template alone."""

    kind: Literal["widget"] = "widget"


@final
@dataclass(frozen=True)
class Fold:
    """Blocks behind a line that opens them."""

    summary: str
    blocks: Sequence["Block"]
    kind: Literal["fold"] = "fold"


@final
@dataclass(frozen=True)
class Fact:
    """An answer that is read at a glance."""

    question: str
    answer: str
    more: Sequence[str] = ()
    """What stands below it, small, a line each."""

    tone: Literal["plain", "warning"] = "plain"


@final
@dataclass(frozen=True)
class Facts:
    """A few answers side by side."""

    facts: Sequence[Fact]
    kind: Literal["facts"] = "facts"


Block = Words | Lines | Code | Table | Chart | Widget | Fold | Facts | Heading


@final
@dataclass(frozen=True)
class Section:
    """A part of the page with a heading of its own."""

    id: str
    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)


def table_of(
    id: str,
    caption: str,
    records: Records,
    *,
    names: Collection[str] = (),
    folded: bool = False,
    full: Records | None = None,
) -> Table:
    """Make a table of flat records, as Markdown shows them; the download has every field.

    Args:
        id: unique on the page, a name that is safe in HTML.
        caption: what the table shows.
        records: a number `x` may have an interval `x_low`, `x_high`.
        names: headings that stay as they are (names of encoders, say).
        folded: whether it is shut at first.
        full: what the download holds, if more than is shown.
    """
    made = shown(records, names)
    rows = [
        [
            Cell(_grouped(record.get(name), text), _sortable(record.get(name), text))
            for text, name in zip(row, made.fields, strict=True)
        ]
        for row, record in zip(made.rows, records, strict=True)
    ]
    csv = csv_text(records if full is None else full)
    return Table(id, caption, made.heads, rows, made.numeric, csv, made.common, folded)


def also(*said: str) -> str:
    """Put together what stands below a caption.

    >>> also("seeds: 3", "", "paired by seed")
    'seeds: 3 · paired by seed'
    """
    return " · ".join(filter(None, said))


def grouped(text: str) -> str:
    """Put commas into the large numbers of a text that holds numbers alone.

    >>> grouped("1030 [910, 1150]"), grouped("177853440"), grouped("0.1234")
    ('1,030 [910, 1,150]', '177,853,440', '0.1234')
    """
    return _LARGE.sub(lambda found: f"{int(found[0]):,}", text)


def _grouped(value: Any, text: str) -> str:
    """A number with commas, all else as it is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return grouped(text) if is_number else text


def _sortable(value: Any, text: str) -> float | int | str | None:
    """What a cell is sorted by: the number, or the text; None is last."""
    if isinstance(value, bool) or value is None:
        return None if value is None else text
    return value if isinstance(value, int | float) else text
