"""A source: Feather files (Arrow's IPC format), `<root>/<language code>/<split>.feather`."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import feather

from isogloss import InputError


class FeatherSource:
    """Reads the columns of Feather files by their names."""

    def __init__(self, root: Path | None, options: Mapping[str, Any]) -> None:
        if root is None:
            raise InputError("source feather reads a folder: give source.root.")
        if options:
            raise InputError(f"source feather takes no options: leave out {', '.join(options)}.")
        self.root = root

    def pin(self, language: str, split: str) -> str:
        """The SHA-256 of the file: other bytes are other data."""
        try:
            with self._file(language, split).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise InputError(f"{error.filename} cannot be read: {error.strerror}.") from None

    def rows(self, language: str, split: str) -> Iterator[Mapping[str, Any]]:
        """One row after the other, a batch in memory at a time."""
        path = self._file(language, split)
        try:
            table = feather.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{path} is no Feather file: {error}.") from None
        for batch in table.to_batches():
            yield from batch.to_pylist()

    def _file(self, language: str, split: str) -> Path:
        path = self.root / language / f"{split}.feather"
        if not path.is_file():
            there = sorted(one.stem for one in path.parent.glob("*.feather"))
            raise InputError(f"There is no {path}. There is: {', '.join(there) or 'nothing'}.")
        return path
