"""Text, numbers and tables of a card, in Markdown that is shown and never run."""

import re
from collections.abc import Sequence
from typing import Any

from isogloss.report.numbers import NOTHING


def text(words: str) -> str:
    r"""Text of a study as text of Markdown, in one line.

    >>> text("<b>|*a*\n_")
    '\\<b\\>\\|\\*a\\* \\_'
    """
    printable = "".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in words)
    return re.sub(r"([\\`*_\[\]<>|~#&])", r"\\\1", " ".join(printable.split()))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def value(found: Any) -> str:
    """Any value of a record or a setting.

    >>> value(True), value(1e-08), value(8192), value("bf16")
    ('yes', '1e-08', '8192', 'bf16')
    """
    if isinstance(found, bool):
        return "yes" if found else "no"
    return f"{found:g}" if isinstance(found, float) else text(str(found))


def count(found: int | None) -> str:
    """A number of things.

    >>> count(12345), count(None)
    ('12,345', '–')
    """
    return NOTHING if found is None else f"{found:,}"
