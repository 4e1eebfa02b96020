"""A folder as a source: `<root>/<language in any spelling>/<split>.<ending>`.

Files are found as the plan finds them (`isogloss.study.layout`), from the disk each time it is
asked for, which costs one listing. With `expected`, the bytes of a file must still be those that
the plan was made for; that costs one more read of each file.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from isogloss.base.errors import InputError
from isogloss.base.fingerprint import file_digest
from isogloss.base.languages import language_code
from isogloss.base.splits import split_name
from isogloss.data.lines import cannot_open
from isogloss.data.names import in_split_order
from isogloss.data.readers.registry import read_rows
from isogloss.data.source import Row
from isogloss.study.layout import (
    ENDINGS,
    language_folder,
    language_folders,
    split_file,
    split_files,
)


@final
@dataclass(frozen=True)
class FolderSource:
    """Reads the files of a folder.

    Attributes:
        root: the folder that holds one folder per language.
        expected: SHA-256 of the files by the names of their folder and file
            (`"german/train.jsonl"`), or `None` to read whatever is there.
        folders: languages that lie elsewhere, by their code.
        endings: which files count as data: `layout.TEXT_ENDINGS` for raw text.
    """

    root: Path
    expected: Mapping[str, str] | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)
    endings: tuple[str, ...] = ENDINGS

    def languages(self) -> tuple[str, ...]:
        """Canonical codes of the languages that have a folder, sorted."""
        with _readable(self.root):
            return tuple(sorted(language_folders(self.root, self.endings)))

    def splits(self, language: str) -> tuple[str, ...]:
        """Splits of a language: train, validation, test, then others by name."""
        folder = self._folder(language)
        with _readable(folder):
            return in_split_order(split_files(folder, self.endings))

    def rows(self, language: str, split: str) -> Iterator[Row]:
        """The rows of a split, in the order of its file.

        Raises:
            InputError: the root, language or split is missing or ambiguous, the file is broken, or
                it changed since the plan was made.
        """
        path = self.path(language, split)
        self._check_unchanged(path)
        yield from read_rows(path)

    def path(self, language: str, split: str) -> Path:
        """The file that holds a split.

        Raises:
            InputError: the root, language or split is missing or ambiguous.
        """
        folder = self._folder(language)
        with _readable(folder):
            try:
                return split_file(folder, split_name(split), self.endings)
            except InputError as error:
                raise InputError(f"{error}{_not_read(folder, self.endings)}") from error

    def _folder(self, language: str) -> Path:
        with _readable(self.root):
            code = language_code(language)
            return language_folder(self.root, code, self.folders, self.endings)

    def _check_unchanged(self, path: Path) -> None:
        if self.expected is None:
            return
        name = _name(path)
        if name not in self.expected:
            raise InputError(
                f"{path}: appeared since the plan was made. Plan again, or remove the file."
            )
        if self.expected[name] != _digest(path):
            raise InputError(
                f"{path}: changed since the plan was made. Plan again, or restore the file."
            )


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _not_read(folder: Path, endings: tuple[str, ...]) -> str:
    """Name the files there that are passed over, since one may be what was meant."""
    others = sorted(
        path.name
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and (path.name.partition(".")[2] not in endings or not path.is_file())
    )
    if not others:
        return ""
    return f" Not readable: {', '.join(others)}; known endings: .{', .'.join(endings)}."


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_open(folder, error) from error


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise cannot_open(path, error) from error
