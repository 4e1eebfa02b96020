"""Lines of a UTF-8 text file, plain or gzip, with their numbers; every fault says where it is.

The file is streamed: memory holds one line. A line has a limit, so has the whole, and an archive
may not grow beyond all measure, so that a file without line ends or one made to explode is refused
instead of filling the memory (`isogloss.base.limits`). A mark at the start (BOM) and
Windows line ends are accepted. Lines end at the line feed only: `str.splitlines` would also cut at
characters that stand inside texts (U+2028, U+0085).
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from isogloss.base.errors import InputError
from isogloss.base.limits import Limit, over_limit

ALWAYS_UNPACKED = 256 * 2**20
"""Bytes to which a packed file may grow however small it is: nothing is filled by them."""

BOM = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Line(NamedTuple):
    """A line with its line end, and its number from 1."""

    number: int
    text: str


class BrokenData(InputError):
    """A data file, or a line of it, is not what its name says."""

    code = "ISO-120"
    remedy = "Mend the line that the message names, or copy the file again."


class Unreadable(InputError):
    """The system does not give us a file."""

    code = "ISO-121"
    remedy = "Check its name, its mode and its owner."


def broken(path: Path, line: int, what: str) -> BrokenData:
    """Make the error that says which line of which file is wrong, and what to do."""
    return BrokenData(f"{path}:{line}: {what}")


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a text file; a name that ends in `.gz` is unpacked on the way.

    Raises:
        InputError: the file is missing, a folder, not readable, not gzip or cut off, not UTF-8,
            or holds a NUL byte.
        OverLimit: a line, or the whole, is larger than its limit.
    """
    number, longest = 0, Limit.LINE_BYTES.now
    try:
        with _open(path) as stream:
            offset, most = 0, _most_bytes(path)
            while raw := stream.readline(longest + 1):
                number += 1
                if len(raw) > longest:
                    raise _too_long(path, number, longest)
                yield Line(number, _decode(raw, path, number, offset))
                offset += len(raw)
                if offset > most:
                    raise _too_large(path, most)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise broken(
            path, number + 1, f"the gzip data are broken or cut off ({error}). Copy the file again."
        ) from error
    except OSError as error:
        raise cannot_open(path, error) from error


def cannot_open(path: Path, error: OSError) -> Unreadable:
    """Say why the system does not give us a file, and what to do."""
    if isinstance(error, FileNotFoundError):
        return Unreadable(f"{path}: there is no such file. Check the name.")
    if isinstance(error, IsADirectoryError):
        return Unreadable(f"{path}: this is a folder where a file should be. Move it away.")
    if isinstance(error, PermissionError):
        return Unreadable(f"{path}: no permission to read it. Change its mode or its owner.")
    return Unreadable(f"{path}: cannot be read ({error}). Check the file and the disk.")


def most_unpacked(packed_bytes: int) -> int:
    """To how many bytes a packed file of this size may grow."""
    return max(ALWAYS_UNPACKED, packed_bytes * Limit.EXPANSION.now)


def _most_bytes(path: Path) -> int:
    whole = Limit.FILE_BYTES.now
    return min(whole, most_unpacked(path.stat().st_size)) if _is_packed(path) else whole


def _too_large(path: Path, most: int) -> InputError:
    if most == Limit.FILE_BYTES.now:
        return over_limit(
            Limit.FILE_BYTES, most, path, "more bytes than a file may have", "Cut it into splits."
        )
    size = path.stat().st_size
    return over_limit(
        Limit.EXPANSION,
        Limit.EXPANSION.now,
        path,
        f"{size:,} bytes that grow to more than {most:,}, by which archives fill memories",
    )


def _too_long(path: Path, number: int, longest: int) -> InputError:
    return over_limit(
        Limit.LINE_BYTES,
        longest,
        f"{path}:{number}",
        f"the line is longer than {longest:,} bytes",
        "Put one row on a line, or cut the text.",
    )


def _is_packed(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _open(path: Path) -> BinaryIO:
    if path.is_dir():
        raise IsADirectoryError(path)
    if not path.is_file():  # a pipe or a device might never end
        raise FileNotFoundError(path) if not path.exists() else OSError("it is no plain file")
    if _is_packed(path):
        return cast("BinaryIO", gzip.open(path))
    return path.open("rb")


def _decode(raw: bytes, path: Path, number: int, offset: int) -> str:
    if number == 1 and raw.startswith(UTF_16_MARKS):
        raise broken(path, number, "the file is UTF-16, not UTF-8. Save it as UTF-8.")
    if b"\0" in raw:
        raise broken(
            path,
            number,
            f"a NUL byte at byte {offset + raw.index(0)}: this is not a UTF-8 text. "
            "Save it as UTF-8.",
        )
    start = len(BOM) if number == 1 and raw.startswith(BOM) else 0
    try:
        return raw[start:].decode("utf-8")
    except UnicodeDecodeError as error:
        at = start + error.start
        raise broken(
            path,
            number,
            f"not UTF-8 at byte {offset + at} of the text (0x{raw[at]:02x}, {error.reason}). "
            "Save the file as UTF-8.",
        ) from error
