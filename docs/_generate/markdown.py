"""Small pieces of Markdown, as MyST reads it."""

import re
from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written from the code by docs/_generate; changes here are lost. -->\n\n"
"""Begins every page that is written."""

_SPECIAL = re.compile(r"([\\_\[\]<>{}|])")


def plain(text: str) -> str:
    r"""Say a text as it is, outside of its own backticks, where Markdown would see marks.

    >>> print(plain("results/<study> of `a_b`"))
    results/\<study\> of `a_b`
    """
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(one if one.startswith("`") else _SPECIAL.sub(r"\\\1", one) for one in parts)


def code(text: str) -> str:
    """A text as code in a line."""
    marks = "``" if "`" in text else "`"
    return f"{marks}{text}{marks}"


def either(words: Sequence[str]) -> str:
    """Name alternatives.

    >>> either(["a", "b", "c"])
    'a, b or c'
    """
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def block(name: str, argument: str, body: str) -> str:
    """A directive of Sphinx, with its argument and what it holds."""
    return f"````{{{name}}} {argument}\n{body.strip()}\n````\n\n"


def fence(language: str, body: str) -> str:
    """A block of code."""
    return f"```{language}\n{body.strip()}\n```\n\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar in a cell is escaped, a line end becomes a space."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))


def first_sentence(docstring: str | None) -> str:
    """What a docstring begins with, as far as its first empty line, in one line.

    Raises:
        ValueError: if there is nothing.
    """
    if not docstring or not docstring.strip():
        raise ValueError("a public name without a docstring cannot be documented")
    return " ".join(docstring.strip().split("\n\n")[0].split())
