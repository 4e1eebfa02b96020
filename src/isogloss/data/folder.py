"""A folder as a source: `<root>/<language in any spelling>/<split>.<ending>`.

What is there is read from the disk each time it is asked for, which costs one listing. With
`expected`, the bytes of a file must still be those that the plan was made for; that costs one more
read of each file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from isogloss.base.errors import InputError
from isogloss.base.fingerprint import file_digest
from isogloss.data.lines import cannot_open
from isogloss.data.names import (
    by_language,
    in_split_order,
    known_language,
    missing_split,
    split_name,
)
from isogloss.data.readers.registry import READERS, ending, read_rows
from isogloss.data.source import Row


@final
@dataclass(frozen=True)
class FolderSource:
    """Reads the files of a folder.

    Attributes:
        root: the folder that holds one folder per language.
        expected: SHA-256 of the files by their path under `root` (`"german/train.jsonl"`), or
            `None` to read whatever is there.
    """

    root: Path
    expected: Mapping[str, str] | None = None

    def languages(self) -> tuple[str, ...]:
        """Canonical codes of the languages that have a folder, sorted."""
        return tuple(self._folders())

    def splits(self, language: str) -> tuple[str, ...]:
        """Splits of a language: train, validation, test, then others by name."""
        return in_split_order(self._files(language))

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
        files = self._files(language)
        wanted = split_name(split)
        if wanted not in files:
            where = str(self._folder(language))
            error = missing_split(split, files, where)
            others = sorted(p.name for p in _listing(Path(where)) if ending(p.name) is None)
            hint = f" Not readable: {', '.join(others)}; known endings: {', '.join(READERS)}."
            raise InputError(f"{error}{hint if others else ''}")
        return files[wanted]

    def digests(self, language: str, split: str) -> dict[str, str]:
        """SHA-256 of the file behind a split by its path under the root, as `expected` takes it."""
        path = self.path(language, split)
        return {self._relative(path): _digest(path)}

    def _folders(self) -> dict[str, str]:
        folders = [path.name for path in _listing(self.root) if path.is_dir()]
        return by_language(folders, str(self.root))

    def _folder(self, language: str) -> Path:
        return self.root / known_language(language, self._folders(), str(self.root))

    def _files(self, language: str) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for path in _listing(self._folder(language)):
            end = ending(path.name)
            if end is None:
                continue
            name = split_name(path.name[: -len(end)])
            if name in found:
                raise InputError(
                    f"{path.parent}: {found[name].name} and {path.name} are both the split "
                    f"{name!r}. Keep one of them."
                )
            found[name] = path
        return found

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _check_unchanged(self, path: Path) -> None:
        if self.expected is None:
            return
        name = self._relative(path)
        if name not in self.expected:
            raise InputError(
                f"{path}: appeared since the plan was made. Plan again, or remove the file."
            )
        if self.expected[name] != _digest(path):
            raise InputError(
                f"{path}: changed since the plan was made. Plan again, or restore the file."
            )


def _listing(folder: Path) -> list[Path]:
    """What a folder holds, sorted by name, without what is hidden."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except NotADirectoryError as error:
        raise InputError(f"{folder}: a file where a folder should be. Name the folder.") from error
    except FileNotFoundError as error:
        near = f" It would stand in {folder.parent}." if folder.parent.is_dir() else ""
        raise InputError(f"{folder}: there is no such folder.{near} Check the path.") from error
    except OSError as error:
        raise cannot_open(folder, error) from error


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise cannot_open(path, error) from error
