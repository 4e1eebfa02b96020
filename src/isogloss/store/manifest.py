"""The manifest of a step: what it is, what came out, and every file with its size and digest.

It is written last, so its presence means that all the rest is there. It ends with a digest of all
that it says, since the results themselves stand in it.
"""

import errno
import hashlib
import math
import platform
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from types import UnionType
from typing import Any

from isogloss.base.errors import RunError
from isogloss.base.fingerprint import canonical, file_digest
from isogloss.base.modes import share_as_folder
from isogloss.store.atomic import read_object, sync_file, sync_folder
from isogloss.store.damage import Damaged

NAME = "manifest.json"
DIGEST = "digest"
_PARTS = {"key": str, "kind": str, "identity": dict, "record": dict, "files": dict, "made": dict}
SCORE: dict[str, type | UnionType] = {
    "metric": str, "value": int | float, "n_scored": int, "n_unscored": int,
}  # fmt: skip
"""What a score in a record has; the columns of results that are read from it."""
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
        share_as_folder(path)
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


def made(seconds: float | None, title: str = "") -> dict[str, Any]:
    """When, where and with what a step was made, and what it is called; no part of its identity."""
    return {
        "title": title,
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


def refuse_unfinite(value: Any, what: str, place: str = "") -> None:
    """Refuse a record with NaN or infinity: neither has a JSON form, and both say what broke.

    Args:
        value: the record, or a part of it.
        what: whose it is, for the message.
        place: of the part.

    Raises:
        RunError: naming the place.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise RunError(
            f"{what} has {value} at {place}, which is no result: the training has diverged."
            " Lower the learning rate, or look at the data."
        )
    if isinstance(value, Mapping):
        for name, item in value.items():
            refuse_unfinite(item, what, f"{place}.{name}".lstrip("."))
    if isinstance(value, list | tuple):
        for number, item in enumerate(value):
            refuse_unfinite(item, what, f"{place}[{number}]")


def with_digest(told: Mapping[str, Any]) -> dict[str, Any]:
    """Add to a manifest the digest of all that it says."""
    rest = {name: part for name, part in told.items() if name != DIGEST}
    text = canonical(rest).encode("utf-8", "surrogatepass")
    return {**rest, DIGEST: hashlib.sha256(text).hexdigest()}


def read_manifest(folder: Path, *, needs_digest: bool) -> dict[str, Any]:
    """Read a step's manifest, without its digest.

    Args:
        folder: of the step.
        needs_digest: whether one without a digest is damaged; those of format 1 had none.

    Raises:
        FileNotFoundError: if the step is not finished.
        Damaged: if the manifest is not as it was written, cannot be read, or is another step's.
    """
    try:
        found = read_object(folder / NAME, "")
    except RunError as error:
        raise Damaged(folder, f"{NAME} is no JSON object") from error
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        raise Damaged(folder, f"{NAME} cannot be read ({error.strerror})") from error
    lacking = [part for part in (*_PARTS, *[DIGEST] * needs_digest) if part not in found]
    if lacking:
        raise Damaged(folder, f"{NAME} lacks {', '.join(lacking)}")
    if odd := _odd_part(found):
        raise Damaged(folder, f"{NAME} says of {odd} what cannot be")
    if found["key"] != folder.name:
        raise Damaged(folder, f"{NAME} is that of step {found['key']}")
    if DIGEST in found and not _is_whole(found):
        raise Damaged(folder, f"{NAME} does not say what was written")
    found.pop(DIGEST, None)
    return found


def _odd_part(found: Mapping[str, Any]) -> str:
    """What is of another kind than we write: only somebody who makes digests anew does that."""
    for part, kind in _PARTS.items():
        if not isinstance(found[part], kind):
            return part
    for name, stated in found["files"].items():
        told = stated if isinstance(stated, dict) else {}
        if not (isinstance(told.get("bytes"), int) and isinstance(told.get("sha256"), str)):
            return str(name)
    return odd_score(found["record"])


def odd_score(record: Mapping[str, Any]) -> str:
    """Where a record has a score that is none; nothing if all are as they are written.

    >>> odd_score({"scores": [{"metric": "f1", "value": 0.5, "n_scored": 3}]})
    'scores[0] of its record'
    """
    parts = record.get("parts", {})
    if not isinstance(parts, dict):
        return "parts of its record"
    for name, one in (("", record), *((f"parts.{name}.", part) for name, part in parts.items())):
        scores = one.get("scores", ()) if isinstance(one, dict) else None
        if not isinstance(scores, list | tuple):
            return f"{name}scores of its record"
        for at, score in enumerate(scores):
            if not _is_score(score):
                return f"{name}scores[{at}] of its record"
    return ""


def _is_score(score: Any) -> bool:
    """Whether it has all that a row of results needs, of the right kind."""
    return isinstance(score, dict) and all(
        isinstance(score.get(name), kind) and not isinstance(score.get(name), bool)
        for name, kind in SCORE.items()
    )


def _is_whole(found: Mapping[str, Any]) -> bool:
    try:
        return with_digest(found) == found
    except ValueError:  # NaN, which nobody wrote
        return False


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
        Damaged: naming the file and the remedy.
        OSError: if the system refuses to read it, which says nothing of what it holds.
    """
    home = folder.resolve()
    for name, stated in files.items():
        try:
            what = _fault(home, name, stated, bytes_too=bytes_too)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            what = f"{name} cannot be read ({error.strerror})"
        if what:
            raise Damaged(folder, what)


def _fault(home: Path, name: str, stated: Mapping[str, Any], *, bytes_too: bool) -> str:
    """What is wrong with a file; nothing if it is as it was written."""
    plain = PurePosixPath(name)
    path = home / plain
    if plain.is_absolute() or not path.resolve().is_relative_to(home):
        return f"{name} leads out of it"
    if not path.is_file():
        return f"{name} is gone"
    size = path.stat().st_size
    if size != stated["bytes"]:
        return f"{name} has {size} bytes, not {stated['bytes']}"
    if bytes_too and file_digest(path) != stated["sha256"]:
        return f"{name} does not hold the bytes that were written"
    return ""
