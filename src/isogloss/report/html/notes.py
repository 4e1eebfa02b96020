"""Notes of the Markdown pages as lines of a page, which knows bold and code and nothing else."""

import re

_SLANTED = re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)")


def lines_of(bullets: str) -> list[str]:
    r"""A line a bullet, its slanted words upright.

    >>> lines_of("- **A tie**\n  is *not* told.\n- `p` is.")
    ['**A tie** is not told.', '`p` is.']
    """
    notes = bullets.removeprefix("- ").split("\n- ")
    return [_SLANTED.sub(r"\1", " ".join(note.split())) for note in notes]
