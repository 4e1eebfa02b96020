"""CSV and TSV: a header row with the names of the columns, then rows with as many fields.

Quotes are read strictly, so a quote that is never closed is an error at its row instead of a text
that swallowed the rest of the file. The standard parser keeps one limit for the length of a field
for the whole process; it is raised here, never lowered.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from isogloss.base.limits import Limit, check_limit
from isogloss.data.lines import broken, read_lines
from isogloss.data.source import Row

DELIMITER_NAMES = {",": "commas", "\t": "tabs"}


def read_delimited(path: Path, delimiter: str) -> Iterator[Row]:
    """Yield one row per record after the header; a field may hold line ends when it is quoted.

    Raises:
        InputError: no header, a column named twice or not at all, a row with another number of
            fields, a broken quote; see also `read_lines`.
    """
    csv.field_size_limit(max(csv.field_size_limit(), Limit.LINE_BYTES.now))
    feed = _Feed(path)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    records = _records(reader, feed, path)
    header = _header(records, path)
    for index, (line, fields) in enumerate(records):
        if len(fields) != len(header):
            raise broken(
                path,
                line,
                f"{len(fields)} fields where the header has {len(header)} "
                f"({', '.join(header)}). Quote fields that hold {DELIMITER_NAMES[delimiter]}, "
                "quotes or line ends.",
            )
        yield Row(f"{path}:{line}", index, dict(zip(header, fields, strict=True)))


read_csv = partial(read_delimited, delimiter=",")
read_tsv = partial(read_delimited, delimiter="\t")


class _Feed:
    """The lines of a file for a parser; those of one record are no longer than a line may be."""

    def __init__(self, path: Path) -> None:
        self._lines, self._path = read_lines(path), path
        self._began, self._taken = 1, 0

    def begin(self, line: int) -> None:
        """A record begins on this line."""
        self._began, self._taken = line, 0

    def __iter__(self) -> Iterator[str]:
        """The parser takes lines from here."""
        for line in self._lines:
            self._taken += len(line.text)
            check_limit(
                Limit.LINE_BYTES,
                self._taken,
                f"{self._path}:{self._began}",
                "the row that begins here is longer",
                'Close its quotes; write a quote inside a field as "".',
            )
            yield line.text


def _records(reader: Any, feed: _Feed, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that are not empty, each with the line it begins on."""
    while True:
        start = reader.line_num + 1
        feed.begin(start)
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise broken(
                path,
                start,
                f"the row that begins here is broken: {error}. "
                'Close its quotes; write a quote inside a field as "".',
            ) from error
        if fields:
            yield start, fields


def _header(records: Iterator[tuple[int, list[str]]], path: Path) -> list[str]:
    line, names = next(records, (1, []))
    names = [name.strip() for name in names]
    if not names:
        raise broken(path, line, "the file is empty. Its first row must name the columns.")
    if "" in names:
        raise broken(path, line, "a column without a name in the header. Name it.")
    check_limit(
        Limit.COLUMNS, len(names), f"{path}:{line}", f"the header has {len(names):,} columns"
    )
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice:
        raise broken(path, line, f"the header names {', '.join(twice)} twice. Rename one.")
    return names
