"""How a LaTeX table is made to fit a page, as an author would: nothing is set too small to read.

In this order, until it fits: a smaller size of type, down to 8 pt; long text broken into lines;
what many lines have in common moved to a line above them; the page turned; the columns behind those
that name a line dealt out over several tables. Scaled is only what fits in no other way, as a cell
of one long word.

Widths are estimated, by four kinds of characters. The page is that of the class `article`.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import final

LONG, LONG_TURNED = 40, 24
"""Lines of a table that a page holds, upright and turned; a longer table breaks."""

TEXT_WIDTH, TEXT_HEIGHT = 340.0, 540.0
"""Points across a page of the class `article` (345) and down (550), on A4 or letter, and some less,
as widths are estimates."""

COLUMN_GAP = 12.0
"""Points at both sides of a column together, in any size of type."""

DIGIT_WIDTH, NARROW_WIDTH, CAPITAL_WIDTH, WIDE_WIDTH = 5.0, 3.0, 7.2, 8.4
"""Points of a digit or a small letter, of `NARROW`, of a capital and of `WIDE`, in 10 pt."""

NARROW, WIDE = frozenset(".,:;!'|()[] ijl"), frozenset("mwMW%@\N{MINUS SIGN}")

CODE_WIDTH, LAST_LATIN = 37.0, "\u017f"
"""Points of the number that pdfLaTeX prints for a letter behind this one, the last of Latin
Extended-A: of those behind it, engines differ in what they know."""

BOLD = 1.15
"""How much wider bold type is."""

SIZES = ((1.0, ""), (0.925, r"\small"), (0.85, r"\footnotesize"))
"""How much smaller a size of type makes a table."""

HEAD_WIDTH = 9
"""Characters of a heading that stand in one line, if no cell below needs more."""

NONE = "--"
"""A cell without a value."""

WRAPPED = 32
"""Characters in a line of a cell whose text is broken."""

KEYS_SCALE = 1.5
"""How much larger the columns that name a line could be, if others are to stand beside them."""

LINES_A_PANEL = 2
"""So many lines at least are below a line of what they have in common, on average."""


@final
@dataclass(frozen=True)
class LatexTable:
    """A table whose cells are LaTeX already."""

    heads: Sequence[str]
    """As plain text; they are folded and escaped where they are written."""

    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    """Columns that are set to the right."""

    caption: str
    """As plain text, without the dot at its end."""

    label: str
    notes: Sequence[str] = ()
    """Lines of LaTeX below the table: what its marks mean."""

    n_keys: int = 1
    """So many columns at its left name a line."""

    liftable: Sequence[int] = ()
    """Columns that may move to lines above those rows that have the same there."""

    panels: Mapping[int, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """What was moved: above which row, headings (plain) and cells (LaTeX)."""

    wrapped: Sequence[int] = ()
    """Columns of text that is broken into lines of `WRAPPED` characters."""

    @property
    def n_lines(self) -> int:
        """Lines that it takes, without its head."""
        return len(self.panels) + sum(self._height(row) for row in self.rows)

    def _height(self, row: Sequence[str]) -> int:
        return max((math.ceil(len(plain(row[at])) / WRAPPED) for at in self.wrapped), default=1)


@final
@dataclass(frozen=True)
class Fitted:
    """One table or several that fit a page."""

    parts: Sequence[LatexTable]
    turned: bool = False
    scaled: bool = False
    """Whether each must be scaled to the page: nothing else has helped."""


def fit(table: LatexTable) -> Fitted:
    """Lay a table out so that it fits the page."""
    broken = _wrapped(table)
    lifted = _lifted(broken)
    for candidate, turned in ((table, False), (broken, False), (lifted, False), (lifted, True)):
        if _fits(candidate, turned=turned):
            return Fitted([candidate], turned)
    dealt = _by_columns(lifted)
    if all(_fits(part, turned=True) for part in dealt):
        return Fitted(dealt, turned=True)
    return Fitted([one for part in _by_columns(broken) for one in _by_rows(part)], True, True)


def size_of(table: LatexTable, *, turned: bool) -> str:
    """The largest size of type in which it fits."""
    scale = _scale(table, turned=turned)
    return next((size for least, size in SIZES if scale >= least), SIZES[-1][1])


def head_lines(table: LatexTable, at: int) -> list[str]:
    """A heading, in several lines where it is longer than what stands below it."""
    width = max(_characters(table, at), HEAD_WIDTH)
    lines: list[str] = []
    for word in table.heads[at].split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def plain(cell: str) -> str:
    r"""About what a cell looks like, to count its characters; a sign that has a name is a minus.

    >>> plain(r"\textbf{0.5}"), plain(r"\textless{}0.1"), plain("$-$2")
    ('0.5', '−0.1', '−2')
    """
    codes = re.sub(r"\\isoglossscript\{.*?\}\{(.*?)\}", r"\1", cell)
    signs = re.sub(r"\$-\$|\\[A-Za-z]+\{\}|\$\\[A-Za-z]+\$", "\N{MINUS SIGN}", codes)
    return re.sub(r"\$?\\[A-Za-z]+(\{\})?\$?|[\\{}$^]", "", signs)


def points(text: str) -> float:
    """About how wide a text is, in 10 pt.

    >>> points("0.5"), points("mean")
    (13.0, 23.4)
    """
    return sum(map(_character, text))


def _character(one: str) -> float:
    if one in NARROW:
        return NARROW_WIDTH
    if one in WIDE:
        return WIDE_WIDTH
    if one > LAST_LATIN and unicodedata.category(one)[0] != "P":
        return CODE_WIDTH
    return CAPITAL_WIDTH if one.isupper() else DIGIT_WIDTH


def _cell_points(cell: str) -> float:
    return points(plain(cell)) * (BOLD if r"\textbf" in cell else 1.0)


def _column_points(table: LatexTable, at: int) -> float:
    """How wide a column is, in 10 pt."""
    if at in table.wrapped:
        return WRAPPED * DIGIT_WIDTH
    cells = max((_cell_points(row[at]) for row in table.rows), default=0.0)
    return max(cells, *map(points, head_lines(table, at)))


def _fits(table: LatexTable, *, turned: bool) -> bool:
    return _scale(table, turned=turned) >= SIZES[-1][0]


def _scale(table: LatexTable, *, turned: bool) -> float:
    """How large its type may be to fit, as a share of 10 pt; the gaps between columns stay."""
    room = (TEXT_HEIGHT if turned else TEXT_WIDTH) - COLUMN_GAP * len(table.heads)
    return room / max(1.0, sum(_column_points(table, at) for at in range(len(table.heads))))


def _characters(table: LatexTable, at: int) -> int:
    """Characters of the longest cell of a column."""
    return max((len(plain(row[at])) for row in table.rows), default=0)


def _wrapped(table: LatexTable) -> LatexTable:
    """Break the text of columns that are wide, if its words are not."""
    wide = [
        at
        for at, numeric in enumerate(table.numeric)
        if not numeric and _characters(table, at) > WRAPPED and _longest_word(table, at) <= WRAPPED
    ]
    return replace(table, wrapped=wide)


def _longest_word(table: LatexTable, at: int) -> int:
    return max((len(word) for row in table.rows for word in plain(row[at]).split()), default=0)


def _lifted(table: LatexTable) -> LatexTable:
    """Move what many lines have in common to lines above them."""
    lifted = [at for at in table.liftable if at not in table.wrapped]
    kept = [at for at in range(len(table.heads)) if at not in lifted]
    panels: dict[int, list[tuple[str, str]]] = {}
    before: list[str] | None = None
    for place, row in enumerate(table.rows):
        here = [row[at] for at in lifted]
        if here != before:
            panels[place] = [(table.heads[at], row[at]) for at in lifted if row[at] != NONE]
        before = here
    if not lifted or not kept or LINES_A_PANEL * len(panels) > len(table.rows):
        return table
    return replace(_columns(table, kept), panels=panels)


def _by_columns(table: LatexTable) -> list[LatexTable]:
    """Deal the columns out over as few tables as fit; those that name a line stand in each."""
    keys = _keys(table)
    others = [at for at in range(len(table.heads)) if at not in keys]
    for n in range(2, len(others) + 1):
        each = math.ceil(len(others) / n)
        dealt = [others[at : at + each] for at in range(0, len(others), each)]
        parts = [_columns(table, [*keys, *some]) for some in dealt]
        if n == len(others) or all(_fits(part, turned=True) for part in parts):
            return list(_numbered(parts))
    return [table]


def _keys(table: LatexTable) -> list[int]:
    """The columns that name a line; the first alone, if they take most of the page."""
    keys = list(range(table.n_keys)) or [0]
    return keys if _scale(_columns(table, keys), turned=True) >= KEYS_SCALE else keys[:1]


def _by_rows(table: LatexTable) -> Iterator[LatexTable]:
    """Tables of a page each: what is scaled cannot break over pages."""
    starts = range(0, max(1, len(table.rows)), LONG_TURNED)
    yield from _numbered([replace(table, rows=table.rows[at : at + LONG_TURNED]) for at in starts])


def _numbered(parts: Sequence[LatexTable]) -> Iterator[LatexTable]:
    """Parts of one table under captions and labels of their own."""
    for n, part in enumerate(parts, start=1):
        more = "" if n == 1 else f"-{n}"
        caption = f"{part.caption} (part {n} of {len(parts)})" if len(parts) > 1 else part.caption
        yield replace(part, caption=caption, label=f"{part.label}{more}")


def _columns(table: LatexTable, kept: Sequence[int]) -> LatexTable:
    """Some of the columns; what was wrapped stays so."""
    return replace(
        table,
        n_keys=sum(at < table.n_keys for at in kept),
        heads=[table.heads[at] for at in kept],
        rows=[[row[at] for at in kept] for row in table.rows],
        numeric=[table.numeric[at] for at in kept],
        liftable=[kept.index(at) for at in table.liftable if at in kept],
        wrapped=[kept.index(at) for at in table.wrapped if at in kept],
    )
