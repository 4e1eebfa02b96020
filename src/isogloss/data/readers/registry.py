"""Which reader reads which file: a visible table by the ending of the name."""

from collections.abc import Callable, Iterator
from pathlib import Path

from isogloss.base.errors import InputError
from isogloss.data.readers.conll import read_conll
from isogloss.data.readers.conllu import read_conllu
from isogloss.data.readers.delimited import read_csv, read_tsv
from isogloss.data.readers.jsonl import read_jsonl
from isogloss.data.readers.parquet import read_parquet
from isogloss.data.readers.text import read_plain
from isogloss.data.source import Row

Reader = Callable[[Path], Iterator[Row]]

READERS: dict[str, Reader] = {
    ".jsonl": read_jsonl,
    ".jsonl.gz": read_jsonl,
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".tsv": read_tsv,
    ".tsv.gz": read_tsv,
    ".parquet": read_parquet,
    ".conll": read_conll,
    ".conll.gz": read_conll,
    ".conllu": read_conllu,
    ".conllu.gz": read_conllu,
    ".txt": read_plain,
    ".txt.gz": read_plain,
}


def ending(name: str) -> str | None:
    """Return the ending of a file name that a reader knows, or `None`.

    >>> ending("train.jsonl.gz"), ending("Train.CSV"), ending("notes.md"), ending(".csv")
    ('.jsonl.gz', '.csv', None, None)
    """
    lower = name.lower()
    known = [end for end in READERS if lower.endswith(end) and len(lower) > len(end)]
    return max(known, key=len, default=None)


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a file, read as its name says.

    Raises:
        InputError: no reader knows the ending, or what the reader raises.
    """
    end = ending(path.name)
    if end is None:
        raise InputError(f"{path}: cannot tell its format. Known endings: {', '.join(READERS)}.")
    yield from READERS[end](path)
