"""Raw text of one language: lines, the document of each, and a part that is held out.

A line is in NFC and stripped; a blank one only parts documents. Each line stands once: text from
the web repeats its menus and notices a thousand times, and a sentence that was trained on says
nothing when it is scored. Lines are compared exactly, since a model is scored on what is written.
The text of a language stays in memory, about twice its size on disk.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, final
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from isogloss.base.errors import InputError, did_you_mean
from isogloss.base.languages import language_code, language_name
from isogloss.data.ragged import Indices, copied
from isogloss.data.readers.text import FIELD
from isogloss.data.source import Row, Rows
from isogloss.data.stored import read_stored

SCHEMA = pa.schema([("line", pa.large_string()), ("document", pa.int64())])
MOST_SHARE = 0.5
FAR = 2.0  # a cut between documents may miss the wanted share by this factor, up or down


@final
@dataclass(frozen=True, eq=False)
class RawText:
    """Lines that are not blank, in the order of their files."""

    lines: tuple[str, ...]
    """[lines] In NFC, without space at either end."""

    documents: NDArray[np.int64]
    """[lines] The document of each line, ascending."""

    def __post_init__(self) -> None:
        if len(self.lines) != len(self.documents) or (np.diff(self.documents) < 0).any():
            raise ValueError(f"{len(self.lines)} lines and their documents do not fit together")

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def characters(self) -> int:
        """Characters of all lines, without line ends."""
        return sum(map(len, self.lines))

    @property
    def n_bytes(self) -> int:
        """Bytes of all lines as UTF-8, without line ends."""
        return sum(len(line.encode()) for line in self.lines)

    @property
    def n_documents(self) -> int:
        """Documents that have a line."""
        return len(np.unique(self.documents))

    def select(self, indices: Sequence[int] | Indices) -> "RawText":
        """Take these lines, given in ascending order; documents are numbered anew from 0."""
        chosen = np.asarray(indices, dtype=np.int64)
        documents = np.unique(self.documents[chosen], return_inverse=True)[1]
        return RawText(tuple(self.lines[at] for at in chosen), documents.astype(np.int64))

    def write(self, path: Path) -> None:
        """Write to one parquet file that any tool reads: a line a row."""
        columns = [pa.array(self.lines, pa.large_string()), pa.array(self.documents)]
        pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), path, compression="zstd")

    @classmethod
    def read(cls, path: Path) -> "RawText":
        """Read what `write` wrote.

        Raises:
            RunError: if the file is missing, broken or something else.
        """
        table = read_stored(path, SCHEMA, "text")
        return cls(tuple(table["line"].to_pylist()), copied(table["document"], np.int64))


@dataclass(frozen=True, eq=False)
class TextSplits:
    """The text of one language, and what was dropped on the way."""

    train: RawText
    held_out: RawText
    """Text that is only scored; no line of it stands in `train`."""

    n_duplicates: int
    """Lines that repeated an earlier one of their own text, training or held out."""

    n_leaked: int
    """Lines of the training text, repeats aside, that also stand in the held-out text."""

    n_blank: int
    """Blank lines of both."""


def read_text(
    source: Rows,
    language: str,
    *,
    train_splits: tuple[str, ...],
    held_out: str | float,
    column: str,
) -> TextSplits:
    """Read the text of a language and hold a part of it out.

    A line of a plain text is a line, and a blank one begins another document. A record of any other
    file is a document, and its lines are lines.

    Args:
        source: where the text lies.
        language: a canonical code.
        train_splits: splits to train on, one after the other.
        held_out: the split to hold out, or a share of the characters of the training text, below
            0.5: its last documents, or its last lines where no end of a document comes within a
            factor of two of the share.
        column: where the text stands in a record.

    Raises:
        InputError: there is no text, or none that is held out; all text to train on is also held
            out; the share is out of range, or of one line only; a record has no such column or no
            text there; see also the source.
    """
    code = language_code(language)
    who = f"{language_name(code)} ({code})"
    read = _read(source, language, train_splits, column)
    once = _without_repeats(read.text)
    if not len(once):
        raise InputError(
            f"{who} has no text: no line of {', '.join(train_splits)} holds any. Add text, or "
            "leave the language out."
        )
    n_repeated = len(read.text) - len(once)
    if not isinstance(held_out, str):
        at = _beginning(once, held_out, who)
        train, held = once.select(np.arange(at)), once.select(np.arange(at, len(once)))
        return TextSplits(train, held, n_repeated, n_leaked=0, n_blank=read.n_blank)
    other = _read(source, language, (held_out,), column)
    held = _without_repeats(other.text)
    train = _to_train_on(once, held, who, held_out)
    return TextSplits(
        train=train,
        held_out=held,
        n_duplicates=n_repeated + len(other.text) - len(held),
        n_leaked=len(once) - len(train),
        n_blank=read.n_blank + other.n_blank,
    )


class _Read(NamedTuple):
    text: RawText
    n_blank: int


def _read(source: Rows, language: str, splits: Iterable[str], column: str) -> _Read:
    lines: list[str] = []
    documents: list[int] = []
    document, n_blank = 0, 0
    for split in splits:
        document += 1
        for row in source.rows(language, split):
            document += not row.is_line
            for line in _lines(row, column):
                if line:
                    lines.append(line)
                    documents.append(document)
                else:
                    n_blank += 1
                    document += row.is_line
    return _Read(RawText(tuple(lines), np.array(documents, np.int64)), n_blank)


def _lines(row: Row, column: str) -> Iterator[str]:
    """Cut at the line feed only: other ends of lines (U+2028, U+0085) stand inside texts."""
    text = _text(row, FIELD if row.is_line else column)
    for line in text.removesuffix("\n").split("\n"):
        yield normalize("NFC", line).strip()


def _text(row: Row, column: str) -> str:
    if column not in row.fields:
        raise InputError(
            f"{row.place}: no column {column!r} for the text.{did_you_mean(column, row.fields)} "
            f"Columns there: {', '.join(row.fields) or 'none'}."
        )
    value: Any = row.fields[column]
    if not isinstance(value, str):
        what = "null" if value is None else f"a {type(value).__name__}"
        raise InputError(
            f"{row.place}: column {column!r} holds {what}, not a text. Mend the row, or name "
            "another column."
        )
    return value


def _without_repeats(text: RawText) -> RawText:
    first: dict[str, int] = {}
    for at, line in enumerate(text.lines):
        first.setdefault(line, at)
    return text.select(list(first.values()))


def _to_train_on(text: RawText, held: RawText, who: str, split: str) -> RawText:
    """Drop the lines that are held out.

    Raises:
        InputError: nothing is held out, or nothing is left to train on.
    """
    if not len(held):
        raise InputError(
            f"The held-out text of {who} is empty: no line of the split {split!r} holds any. Fill "
            "it, or hold out a share of the text to train on."
        )
    known = set(held.lines)
    train = text.select([at for at, line in enumerate(text.lines) if line not in known])
    if not len(train):
        raise InputError(
            f"Each of the {len(text)} lines to train on of {who} also stands in its held-out "
            f"split {split!r}: nothing is left to train on. Hold out other text."
        )
    return train


def _beginning(text: RawText, share: float, who: str) -> int:
    """The line from which on text is held out.

    Raises:
        InputError: the share is out of range, or there is one line only.
    """
    if not 0 < share < MOST_SHARE:
        raise InputError(
            f"A share of {share} cannot be held out: give one above 0 and below {MOST_SHARE}, or "
            "the name of a split."
        )
    if len(text) == 1:
        raise InputError(
            f"{who} has a text of one line (repeats aside): nothing is left to hold out. Add text, "
            "or leave the language out."
        )
    sizes = np.array([len(line) for line in text.lines])
    from_here = sizes[::-1].cumsum()[::-1]  # characters from each line to the end
    wanted = share * from_here[0]
    ends = np.flatnonzero(np.diff(text.documents)) + 1
    at = _nearest(from_here, ends, wanted)
    if at is None or not wanted / FAR <= from_here[at] <= wanted * FAR:
        at = _nearest(from_here, np.arange(1, len(text)), wanted)
    return at or 1


def _nearest(values: Indices, places: Indices, wanted: float) -> int | None:
    """Of some places the one whose value comes nearest to what is wanted."""
    if not len(places):
        return None
    return int(places[np.abs(values[places] - wanted).argmin()])
