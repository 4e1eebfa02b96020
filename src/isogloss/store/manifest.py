"""The manifest of a step: what it is, what came out, and every file with its size and digest.

It is written last, so its presence means that all the rest is there.
"""

import platform
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import Any

from isogloss.base.errors import RunError
from isogloss.base.fingerprint import file_digest
from isogloss.store.atomic import read_object, sync_file, sync_folder

NAME = "manifest.json"
_PARTS = ("key", "kind", "identity", "record", "files", "made")
_PACKAGES = ("isogloss", "torch", "transformers", "tokenizers", "accelerate", "numpy")


def seal(folder: Path) -> dict[str, dict[str, Any]]:
    """Bring all files of a folder to the disk and digest them.

    Returns:
        Relative path, with slashes -> `bytes` and `sha256`.

    Raises:
        ValueError: for a link or anything else that is not a plain file.
    """
    files = {}
    for path in _walk(folder):
        sync_file(path)
        name = path.relative_to(folder).as_posix()
        files[name] = {"bytes": path.stat().st_size, "sha256": file_digest(path)}
    return files


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise ValueError(f"{path} is not a plain file: the store keeps nothing else")
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path
    sync_folder(folder)


def made(seconds: float | None) -> dict[str, Any]:
    """When, where and with what a step was made; no part of its identity."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": seconds,
        "host": socket.gethostname(),
        "versions": dict(_versions()),
    }


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    """Read from package metadata: nothing is imported."""
    found = [("python", platform.python_version())]
    for package in _PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            continue
    return tuple(found)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a step's manifest.

    Raises:
        FileNotFoundError: if the step is not finished.
        RunError: if the manifest is damaged or another step's.
    """
    found = read_object(folder / NAME, _remedy(folder))
    lacking = [part for part in _PARTS if part not in found]
    if lacking:
        raise _damaged(folder, f"{NAME} lacks {', '.join(lacking)}")
    if found["key"] != folder.name:
        raise _damaged(folder, f"{NAME} is that of step {found['key']}")
    return found


def check_files(
    folder: Path, files: Mapping[str, Mapping[str, Any]], *, bytes_too: bool = False
) -> None:
    """Refuse a step of which a file is gone, cut, or a link that leads out of its folder.

    Args:
        folder: of the step.
        files: what the manifest says of each.
        bytes_too: whether to digest every file, and not look at sizes only. Costs about a second
            for 2 GB; whoever goes on to compute with the files should.

    Raises:
        RunError: naming the file and the remedy.
    """
    home = folder.resolve()
    for name, stated in files.items():
        plain = PurePosixPath(name)
        path = folder / plain
        if plain.is_absolute() or not path.resolve().is_relative_to(home):
            raise _damaged(folder, f"{name} leads out of it")
        if not path.is_file():
            raise _damaged(folder, f"{name} is gone")
        size = path.stat().st_size
        if size != stated["bytes"]:
            raise _damaged(folder, f"{name} has {size} bytes, not {stated['bytes']}")
        if bytes_too and file_digest(path) != stated["sha256"]:
            raise _damaged(folder, f"{name} does not hold the bytes that were written")


def _damaged(folder: Path, what: str) -> RunError:
    return RunError(f"{folder} is damaged: {what}. {_remedy(folder)}")


def _remedy(folder: Path) -> str:
    return f"Remove the folder {folder} and run the study again: this step is then made anew."
