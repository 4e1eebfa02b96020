r"""Text and tables in LaTeX that compile with any engine.

A table is a fragment to `\input`; its first line says which packages it needs. Where it is too wide
it is made to fit the page (see `isogloss.report.latex_fit`); where it is long it may break over
pages.

pdfLaTeX knows Latin letters only. Whatever else a label or a name holds becomes
`\isoglossscript{<the text>}{<its code points>}`: LuaLaTeX and XeLaTeX print the text, in the font
of the document, pdfLaTeX the code points, so that nothing is lost in silence. Define the command
before the table for a font of your own: `\newcommand{\isoglossscript}[2]{{\notofont #1}}`.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

from isogloss.report.latex_fit import (
    LAST_LATIN,
    LONG,
    LONG_TURNED,
    WRAPPED,
    Fitted,
    LatexTable,
    fit,
    head_lines,
    size_of,
)

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

JOINERS = {"\u200c", "\u200d"}
"""They shape the letters beside them."""

MINUS = re.compile(r"(?<![\w.])-(?=[\d.])")


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
    """Write a table as a fragment to be read into a document; one too wide may become several."""
    fitted = fit(table)
    packages = dict.fromkeys(["booktabs"])
    lines: list[str] = []
    for part in fitted.parts:
        is_long = part.n_lines > (LONG_TURNED if fitted.turned else LONG) and not fitted.scaled
        packages.update(dict.fromkeys(_packages(part, fitted, is_long=is_long)))
        lines += _long(part, fitted) if is_long else _floating(part, fitted)
    text = "\n".join(lines)
    fallback = FALLBACK if r"\isoglossscript" in text else ()
    needs = "% " + " ".join(rf"\usepackage{{{name}}}" for name in packages)
    return "\n".join([needs, *fallback, text, ""])


def _packages(table: LatexTable, fitted: Fitted, *, is_long: bool) -> Iterator[str]:
    if table.wrapped:
        yield "array"
    if is_long:
        yield "longtable"
    if fitted.turned:
        yield "pdflscape" if is_long else "rotating"
    if fitted.scaled:
        yield "graphicx"


def _floating(table: LatexTable, fitted: Fitted) -> list[str]:
    size = "" if fitted.scaled else size_of(table, turned=fitted.turned)
    environment = "sidewaystable" if fitted.turned else "table"
    return [
        rf"\begin{{{environment}}}",
        r"\centering",
        *([size] if size else []),
        rf"\caption{{{escape(table.caption)}.}}",
        rf"\label{{tab:{table.label}}}",
        *([r"\resizebox{\linewidth}{!}{%"] if fitted.scaled else []),
        rf"\begin{{tabular}}{{{_columns(table)}}}",
        r"\toprule",
        _row(_heads(table)),
        r"\midrule",
        *_body(table),
        r"\bottomrule",
        r"\end{tabular}" + ("}" if fitted.scaled else ""),
        *(rf"\par\smallskip{{\footnotesize {note}}}" for note in table.notes),
        rf"\end{{{environment}}}",
    ]


def _long(table: LatexTable, fitted: Fitted) -> list[str]:
    head = [r"\toprule", _row(_heads(table)), r"\midrule"]
    lines = [
        rf"\begingroup{size_of(table, turned=fitted.turned)}",
        r"\setlength{\LTcapwidth}{\linewidth}",
        rf"\begin{{longtable}}{{{_columns(table)}}}",
        rf"\caption{{{escape(table.caption)}.}}\label{{tab:{table.label}}}\\",
        *head,
        r"\endfirsthead",
        *head,
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *_body(table),
        r"\end{longtable}",
        *(rf"{{\footnotesize\noindent {note}\par}}" for note in table.notes),
        r"\endgroup",
    ]
    return [r"\begin{landscape}", *lines, r"\end{landscape}"] if fitted.turned else lines


def _body(table: LatexTable) -> Iterator[str]:
    """The lines, below what they have in common where that was moved."""
    for at, row in enumerate(table.rows):
        if at in table.panels:
            if at:
                yield r"\addlinespace"
            yield _panel(table, at)
        yield _row(row)


def _panel(table: LatexTable, at: int) -> str:
    said = (f"{escape(head)}: {cell}" for head, cell in table.panels[at])
    words = r" \textperiodcentered{} ".join(said)
    return rf"\multicolumn{{{len(table.heads)}}}{{l}}{{\emph{{{words}}}}} \\*"


def _row(cells: Sequence[str]) -> str:
    """A line; one that begins with a bracket would belong to the line break before it."""
    guard = "{}" if cells and cells[0][:1] in {"[", "*"} else ""
    return guard + " & ".join(cells) + r" \\"


def _columns(table: LatexTable) -> str:
    broken = rf">{{\raggedright\arraybackslash}}p{{{WRAPPED / 2:g}em}}"
    kinds = ("r" if numeric else "l" for numeric in table.numeric)
    return "".join(broken if at in table.wrapped else kind for at, kind in enumerate(kinds)) or "l"


def _heads(table: LatexTable) -> list[str]:
    """Headings, in several lines where they are longer than what stands below them."""
    return [_head(table, at) for at in range(len(table.heads))]


def _head(table: LatexTable, at: int) -> str:
    lines = head_lines(table, at)
    if len(lines) < 2:
        return escape(table.heads[at])
    side = "r" if table.numeric[at] else "l"
    return rf"\shortstack[{side}]{{" + r"\\".join(map(escape, lines)) + "}"


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
