"""The files of a report, each made when it is wanted."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from isogloss.base.whole_file import write_file


class Artifact(NamedTuple):
    """A file of a report that is still to be made."""

    path: str
    """Where it goes in the report's folder."""

    make: Callable[[], str | bytes]
    """Makes its content; drawing takes time, so only what is wanted is made."""


def json_file(path: str, value: Mapping[str, Any]) -> Artifact:
    """Describe a file of JSON, indented, every letter as it is."""
    return Artifact(
        path, lambda: json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    )


def write_files(
    folder: Path, artifacts: Iterable[Artifact], endings: Collection[str] | None = None
) -> list[Path]:
    """Make and write those files whose endings are wanted; all of them by default.

    Args:
        folder: made if it is not there; files of these names are replaced, others are left alone.
        artifacts: the files, in order.
        endings: such as `csv`, `md`, `png`; None is all.

    Raises:
        InputError: if the folder cannot be written to.
    """
    return [
        write_file(folder / one.path, one.make())
        for one in artifacts
        if endings is None or one.path.rpartition(".")[2] in endings
    ]
