"""Which parquet files of a Hub repository are which split of which configuration.

Two layouts are in use: `<config>/<split>/0000.parquet` (what the Hub converts to, under
`refs/convert/parquet`) and `<config>/<split>-00000-of-00002.parquet` (what people push; the folder
`data` means the configuration `default`). Shards are numbered, so a missing one is noticed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from isogloss.base.errors import InputError, LeadsOutside
from isogloss.base.splits import split_name

DEFAULT_CONFIG = "default"
NUMBERED = re.compile(r"(?P<stem>.+?)-(?P<number>\d{5})-of-(?P<total>\d{5})(-[0-9a-f]+)?")


@dataclass(frozen=True)
class Shard:
    """One parquet file: `total` is known only where the name says it."""

    path: str
    config: str
    split: str
    origin: str
    number: int
    total: int | None


def parse_shard(path: str) -> Shard | None:
    """Return what the path of a file says, or `None` if it is no parquet file of these layouts.

    Raises:
        LeadsOutside: the path leads out of the repository, by which one would overwrite or read
            other files of whoever downloads it.

    >>> parse_shard("german/train/0001.parquet").number
    1
    >>> parse_shard("data/dev-00000-of-00003-ab12.parquet").split
    'validation'
    """
    parts = PurePosixPath(path).parts
    if not path.lower().endswith(".parquet") or len(parts) > 3:
        return None
    outside = path.startswith("/") or ".." in parts or "\\" in path or ":" in parts[0]
    if outside or not path.isprintable():
        raise LeadsOutside(
            f"The repository names a file {path!r}, which would lie outside of its folder. It is"
            " not read; choose another repository, or another revision of it."
        )
    stem = PurePosixPath(path).stem
    if len(parts) == 3:
        number = int(stem) if stem.isdecimal() and len(stem) < 10 else 0
        return Shard(path, parts[0], split_name(parts[1]), f"{parts[0]}/{parts[1]}", number, None)
    config = parts[0] if len(parts) == 2 and parts[0] != "data" else DEFAULT_CONFIG
    numbered = NUMBERED.fullmatch(stem)
    split = numbered["stem"] if numbered else stem
    origin = "/".join((*parts[:-1], split))
    number, total = (int(numbered["number"]), int(numbered["total"])) if numbered else (0, 1)
    return Shard(path, config, split_name(split), origin, number, total)


def ordered_shards(shards: Iterable[Shard], where: str) -> list[Shard]:
    """Return the shards of one split in their order.

    Raises:
        InputError: they come from two places (`dev` and `validation`), or one is missing.
    """
    shards = sorted(shards, key=lambda shard: (shard.number, shard.path))
    origins = sorted({shard.origin for shard in shards})
    if len(origins) > 1:
        raise InputError(
            f"{where}: {' and '.join(origins)} are both the split {shards[0].split!r}. "
            "Use a revision that has one of them."
        )
    total = shards[0].total or len(shards)
    if [shard.number for shard in shards] != list(range(total)):
        raise InputError(
            f"{where}: of the {total} parts of {origins[0]} there are only "
            f"{', '.join(shard.path for shard in shards)}. Use a revision that has them all."
        )
    return shards
