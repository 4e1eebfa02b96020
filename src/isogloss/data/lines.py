"""Lines of a UTF-8 text file, plain or gzip, with their numbers; every fault says where it is.

The file is streamed: memory holds one line, and a line has a limit, so a file without line ends (or
an archive made to explode) is refused instead of filling the memory. A mark at the start (BOM) and
Windows line ends are accepted. Lines end at the line feed only: `str.splitlines` would also cut at
characters that stand inside texts (U+2028, U+0085).
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from isogloss.base.errors import InputError

MAX_LINE_BYTES = 16 * 2**20
BOM = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Line(NamedTuple):
    """A line with its line end, and its number from 1."""

    number: int
    text: str


def broken(path: Path, line: int, what: str) -> InputError:
    """Make the error that says which line of which file is wrong, and what to do."""
    return InputError(f"{path}:{line}: {what}")


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a text file; a name that ends in `.gz` is unpacked on the way.

    Raises:
        InputError: the file is missing, a folder, not readable, not gzip or cut off, not UTF-8,
            holds a NUL byte, or has a line of more than `MAX_LINE_BYTES`.
    """
    number = 0
    try:
        with _open(path) as stream:
            offset = 0
            while raw := stream.readline(MAX_LINE_BYTES + 1):
                number += 1
                yield Line(number, _decode(raw, path, number, offset))
                offset += len(raw)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise broken(
            path, number + 1, f"the gzip data are broken or cut off ({error}). Copy the file again."
        ) from error
    except OSError as error:
        raise cannot_open(path, error) from error


def cannot_open(path: Path, error: OSError) -> InputError:
    """Say why the system does not give us a file, and what to do."""
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path}: there is no such file. Check the name.")
    if isinstance(error, IsADirectoryError):
        return InputError(f"{path}: this is a folder where a file should be. Move it away.")
    if isinstance(error, PermissionError):
        return InputError(f"{path}: no permission to read it. Change its mode or its owner.")
    return InputError(f"{path}: cannot be read ({error}). Check the file and the disk.")


def _open(path: Path) -> BinaryIO:
    if path.is_dir():
        raise IsADirectoryError(path)
    if path.name.lower().endswith(".gz"):
        return cast("BinaryIO", gzip.open(path))
    return path.open("rb")


def _decode(raw: bytes, path: Path, number: int, offset: int) -> str:
    if len(raw) > MAX_LINE_BYTES:
        raise broken(
            path,
            number,
            f"the line is longer than {MAX_LINE_BYTES:,} bytes. "
            "Put one row on a line, or cut the text.",
        )
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
