r"""Text and tables in LaTeX that compile with any engine.

A table is a fragment to `\input`; its first line says which packages it needs. It is set smaller,
or scaled to the width of the text, where it is too wide, and may break over pages where it is long.

pdfLaTeX knows Latin letters only. Whatever else a label or a name holds becomes
`\isoglossscript{<the text>}{<its code points>}`: LuaLaTeX and XeLaTeX print the text, in the font
of the document, pdfLaTeX the code points, so that nothing is lost in silence. Define the command
before the table for a font of your own: `\newcommand{\isoglossscript}[2]{{\notofont #1}}`.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import final

LONG = 40
"""Lines of a table that a page holds; a longer one breaks."""

TEXT_WIDTH = 345.0
"""Points across a page of the class `article`, on A4 or letter."""

DIGIT_WIDTH, COLUMN_GAP = 5.0, 12.0
"""Points of a digit in 10 pt, and between two columns."""

SIZES = ((1.0, ""), (0.9, r"\small"), (0.8, r"\footnotesize"))
"""How much smaller a size of type makes a table."""

SMALLEST = ((0.7, r"\scriptsize"), (0.0, r"\tiny"))
"""More of them, for tables that cannot be scaled since they break over pages."""

HEAD_WIDTH = 12
"""Characters of a heading that stand in one line, if no cell below needs more."""

MOST = 400
"""Characters of a cell; what is longer is cut."""

DAGGER = r"\rlap{$^{\dagger}$}"
"""A mark that takes no room, so that numbers stay below one another."""

FALLBACK = (
    r"\providecommand{\isoglossscript}[2]{%",
    r"\ifdefined\directlua#1\else\ifdefined\XeTeXversion#1\else\texttt{#2}\fi\fi}",
)

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "·": r"\textperiodcentered{}",
    "•": r"\textbullet{}",
    "`": r"\textasciigrave{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "−": "$-$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "÷": r"$\div$",
    "°": r"$^{\circ}$",
    "µ": r"$\mu$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
    "†": r"$\dagger$",
} | {character: f"\\{character}" for character in "&%$#_{}"}

PLAIN = set("ßæÆœŒøØłŁ“”‘’§¶©¿¡")
"""Letters and signs beyond ASCII that every engine has, besides those with an accent."""

ACCENTS = set("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327")
"""Accents that every engine can set on any letter."""

LAST_LATIN = "\u017f"
"""The last letter of Latin Extended-A; of those behind it, engines differ in what they know."""

JOINERS = {"\u200c", "\u200d"}
"""They shape the letters beside them."""

MINUS = re.compile(r"(?<![\w.])-(?=[\d.])")


@final
@dataclass(frozen=True)
class LatexTable:
    """A table whose cells are LaTeX already."""

    heads: Sequence[str]
    """As plain text; they are folded and escaped here."""

    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    """Columns that are set to the right."""

    caption: str
    """As plain text, without the dot at its end."""

    label: str
    notes: Sequence[str] = ()
    """Lines of LaTeX below the table: what its marks mean."""


def escape(text: str) -> str:
    r"""Escape what LaTeX reads as its own, and set apart what pdfLaTeX cannot print.

    >>> escape("a_b & 50 %")
    'a\\_b \\& 50 \\%'
    >>> escape("नम")
    '\\isoglossscript{नम}{U+0928 U+092E}'
    """
    return "".join(_pieces(_shortened(unicodedata.normalize("NFC", text))))


def number_cell(text: str) -> str:
    """Escape a cell, its minus signs set as such.

    >>> number_cell("-0.2 [-0.3, 0.1]"), number_cell("bert-base-2")
    ('$-$0.2 [$-$0.3, 0.1]', 'bert-base-2')
    """
    return "$-$".join(map(escape, MINUS.split(text)))


def bold(cell: str) -> str:
    r"""Set a cell that is LaTeX already in bold.

    >>> bold("0.5")
    '\\textbf{0.5}'
    """
    return rf"\textbf{{{cell}}}"


def latex_table(table: LatexTable) -> str:
    """Write a table as a fragment to be read into a document."""
    heads = [_head(table, at) for at in range(len(table.heads))]
    packages = ["booktabs"]
    if len(table.rows) > LONG:
        packages.append("longtable")
        lines = _long(table, heads)
    else:
        scaled = _scale(table) < SIZES[-1][0]
        packages += ["graphicx"] if scaled else []
        lines = _floating(table, heads, scaled=scaled)
    text = "\n".join(lines)
    fallback = FALLBACK if r"\isoglossscript" in text else ()
    needs = "% " + " ".join(rf"\usepackage{{{name}}}" for name in packages)
    return "\n".join([needs, *fallback, text, ""])


def _floating(table: LatexTable, heads: Sequence[str], *, scaled: bool) -> list[str]:
    size = "" if scaled else _size(table, SIZES)
    return [
        r"\begin{table}",
        r"\centering",
        *([size] if size else []),
        rf"\caption{{{escape(table.caption)}.}}",
        rf"\label{{tab:{table.label}}}",
        *([r"\resizebox{\textwidth}{!}{%"] if scaled else []),
        rf"\begin{{tabular}}{{{_columns(table)}}}",
        r"\toprule",
        _row(heads),
        r"\midrule",
        *(map(_row, table.rows)),
        r"\bottomrule",
        r"\end{tabular}" + ("}" if scaled else ""),
        *(rf"\par\smallskip{{\footnotesize {note}}}" for note in table.notes),
        r"\end{table}",
    ]


def _long(table: LatexTable, heads: Sequence[str]) -> list[str]:
    head = [r"\toprule", _row(heads), r"\midrule"]
    size = _size(table, (*SIZES, *SMALLEST))
    return [
        rf"\begingroup{size}",
        rf"\begin{{longtable}}{{{_columns(table)}}}",
        rf"\caption{{{escape(table.caption)}.}}\label{{tab:{table.label}}}\\",
        *head,
        r"\endfirsthead",
        *head,
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *(map(_row, table.rows)),
        r"\end{longtable}",
        *(rf"{{\footnotesize\noindent {note}\par}}" for note in table.notes),
        r"\endgroup",
    ]


def _row(cells: Sequence[str]) -> str:
    """A line; one that begins with a bracket would belong to the line break before it."""
    guard = "{}" if cells and cells[0][:1] in {"[", "*"} else ""
    return guard + " & ".join(cells) + r" \\"


def _columns(table: LatexTable) -> str:
    return "".join("r" if numeric else "l" for numeric in table.numeric) or "l"


def _head(table: LatexTable, at: int) -> str:
    """A heading, in several lines where it is longer than what stands below it."""
    lines = _folded(table.heads[at], _cell_width(table, at))
    if len(lines) < 2:
        return escape(table.heads[at])
    side = "r" if table.numeric[at] else "l"
    return rf"\shortstack[{side}]{{" + r"\\".join(map(escape, lines)) + "}"


def _folded(words: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in words.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= max(width, HEAD_WIDTH):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _cell_width(table: LatexTable, at: int) -> int:
    return max((len(_plain(row[at])) for row in table.rows), default=0)


def _scale(table: LatexTable) -> float:
    """How small the table must be to fit, as a share; 1 where it fits as it is."""
    characters = sum(
        max(_cell_width(table, at), *map(len, _folded(head, _cell_width(table, at))))
        for at, head in enumerate(table.heads)
    )
    gaps = COLUMN_GAP * max(0, len(table.heads) - 1)
    return min(1.0, TEXT_WIDTH / (DIGIT_WIDTH * characters + gaps)) if characters else 1.0


def _size(table: LatexTable, sizes: Sequence[tuple[float, str]]) -> str:
    scale = _scale(table)
    return next((size for least, size in sizes if scale >= least), sizes[-1][1])


def _plain(cell: str) -> str:
    """About what a cell looks like, to count its characters."""
    return re.sub(r"\$?\\[A-Za-z]+(\{\})?\$?|[\\{}$^]", "", cell)


def _shortened(text: str) -> str:
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


def _pieces(text: str) -> Iterator[str]:
    """The text in runs: what every engine prints, and what only some do."""
    for everywhere, run in groupby(text, key=_is_everywhere):
        characters = "".join(run)
        yield _printed(characters) if everywhere else _script(characters)


def _printed(characters: str) -> str:
    """Hyphens stay apart, which LaTeX would make a dash of."""
    apart = re.sub("-(?=-)", "-\N{WORD JOINER}", characters)
    return "".join(
        "{}" if one == "\N{WORD JOINER}" else " " if one.isspace() else SPECIAL.get(one, one)
        for one in apart
    )


def _script(run: str) -> str:
    """Text beyond Latin; what has no shape of its own is shown by its number everywhere."""
    codes = " ".join(f"U+{ord(character):04X}" for character in run)
    shapeless = any(unicodedata.category(one)[0] == "C" for one in run if one not in JOINERS)
    return rf"\texttt{{{codes}}}" if shapeless else rf"\isoglossscript{{{run}}}{{{codes}}}"


def _is_everywhere(character: str) -> bool:
    if character in SPECIAL or character in PLAIN or character.isspace():
        return True
    if character.isascii():
        return character.isprintable()
    apart = unicodedata.normalize("NFD", character)
    latin = apart[0].isascii() and apart[0].isalpha() and character <= LAST_LATIN
    return latin and len(apart) == 2 and apart[1] in ACCENTS
