r"""The comparison table written for reading, the best cell of a line marked.

Bold marks it, in Markdown, LaTeX and on the console; without marks the Markdown is the plain table
that people paste. Encoders head columns by the very name they have, so this is not the writer of
`isogloss.report.tables`, which turns fields into words.
"""

from collections.abc import Callable, Iterator

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from isogloss.report.comparison.values import Compared, Line
from isogloss.report.latex import DAGGER, bold, latex_table, number_cell
from isogloss.report.latex_fit import LatexTable
from isogloss.report.numbers import CUT_SAID, NOTHING, in_markdown

Mark = Callable[[str], str]

BEST = "Bold: the best value of a line, with those that cannot be told from it."


def grid_markdown(compared: Compared, *, mark: bool = True) -> str:
    """Write the table in Markdown; `mark` sets the best value of a line in bold."""
    bold = _bold_markdown if mark else _as_it_is
    heads = [_escape_markdown(head) for head in _heads(compared)]
    rows = [_row(line, compared, write=_escape_markdown, bold=bold) for line in compared.lines]
    lines = [heads, *rows]
    text = [f"| {' | '.join(cells)} |" for cells in lines]
    return "\n".join([text[0], "|" + "---|" * len(heads), *text[1:]]) + "\n"


def grid_latex(compared: Compared, *, caption: str, label: str) -> str:
    r"""Write the table in LaTeX, for `\usepackage{booktabs}`.

    The best value of a line is bold, with those that cannot be told from it; a dagger marks what a
    test tells from the best one.
    """
    heads = _heads(compared)
    return latex_table(
        LatexTable(
            heads=heads,
            rows=[_latex_row(line, compared) for line in compared.lines],
            numeric=[0 < at < len(heads) - 1 for at in range(len(heads))],
            caption=caption,
            label=label,
            notes=list(_latex_notes(compared)),
        )
    )


def grid_rich(compared: Compared, *, title: str, note: str = "") -> Table:
    """Lay the table out for the console; the caller prints it.

    The best value is bold and green, where there are colors; the candidate says it where not.
    """
    table = Table(
        title=Text(title), caption=Text(note) if note else None, title_justify="left",
        caption_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False,
        padding=(0, 1, 0, 0),
    )  # fmt: skip
    for place, head in enumerate(_heads(compared)):
        words = 0 < place < len(_heads(compared)) - 1
        table.add_column(Text(head), justify="right" if words else "left", overflow="fold")
    for line in compared.lines:
        cells = _row(line, compared, write=_as_it_is, bold=_as_it_is)
        marked = [False, *(name in line.best for name in compared.encoders)]
        marked += [False] * (len(cells) - len(marked))
        table.add_row(
            *(
                Text(cell, style="bold green" if best else "")
                for cell, best in zip(cells, marked, strict=True)
            )
        )
    return table


def _heads(compared: Compared) -> list[str]:
    return ["metric", *compared.encoders, *compared.heads(), "candidate"]


def _row(line: Line, compared: Compared, *, write: Mark, bold: Mark) -> list[str]:
    """The cells of a line as text, written for one medium."""
    cells = [write(line.metric)]
    for encoder, cell in zip(compared.encoders, line.cells, strict=True):
        text = write(NOTHING if cell is None else cell.text)
        cells.append(bold(text) if encoder in line.best else text)
    differences = [write(text) for text in line.percent_texts]
    return [*cells, *differences, write(line.candidate)]


def _escape_markdown(text: str) -> str:
    return in_markdown(text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " "))


def _bold_markdown(text: str) -> str:
    return f"**{text}**"


def _latex_row(line: Line, compared: Compared) -> list[str]:
    cells = _row(line, compared, write=number_cell, bold=bold)
    marked = [False, *(name in line.apart for name in compared.encoders)]
    marked += [False] * (len(cells) - len(marked))
    return [cell + DAGGER if apart else cell for cell, apart in zip(cells, marked, strict=True)]


def _latex_notes(compared: Compared) -> Iterator[str]:
    tested = any(line.apart for line in compared.lines)
    if any(line.best for line in compared.lines):
        yield BEST if tested or _has_ties(compared) else "Bold: the best value of a line."
    if compared.is_cut:
        yield CUT_SAID
    if tested:
        yield r"$\dagger$: differs from the best, $p < 0.05$ after Holm's correction."


def _has_ties(compared: Compared) -> bool:
    return any(line.candidate.startswith("tie") for line in compared.lines)


def _as_it_is(text: str) -> str:
    return text
