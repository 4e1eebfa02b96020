"""Plain text: a row a line, blank lines too, since a blank line parts documents.

Nothing is trimmed but the line end; what a line means is for `isogloss.data.text` to say.
"""

from collections.abc import Iterator
from pathlib import Path

from isogloss.data.lines import read_lines
from isogloss.data.source import Row

FIELD = "text"


def read_plain(path: Path) -> Iterator[Row]:
    """Yield one row per line of a `.txt` or `.txt.gz` file with the field `text`.

    Raises:
        InputError: see `read_lines`.
    """
    for line in read_lines(path):
        fields = {FIELD: line.text.rstrip("\r\n")}
        yield Row(f"{path}:{line.number}", line.number - 1, fields, is_line=True)
