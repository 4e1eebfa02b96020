"""The tests' side of `life.py`: how many lives, which fault in each, what it left."""

import errno
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from isogloss.base.fingerprint import file_digest
from isogloss.store.store import Store

HERE = Path(__file__).parent
KILLS = {"kill before the call": -1, "kill after the call": -2}
ERRORS = {
    "disk full": errno.ENOSPC,
    "disk fails": errno.EIO,
    "disk read-only": errno.EROFS,
}
TOLD, BUG = 10, 11


class Ended(NamedTuple):
    status: int
    calls: int


class Lives:
    """A program that lives as often as it is told."""

    def __init__(self, program: subprocess.Popen) -> None:
        self.program = program
        assert program.stdout.readline() == "ready\n"

    def live(self, number: int = 0, how: int = 0, *, stays: bool = False) -> Ended:
        self.program.stdin.write(f"{number} {how} {int(stays)}\n")
        status, calls = self.program.stdout.readline().split()
        return Ended(int(status), int(calls))


@contextmanager
def lives(way: str, folder: Path, faulty: Path):
    environment = {**os.environ, "LD_PRELOAD": str(faulty), "OMP_NUM_THREADS": "1"}
    words = [sys.executable, str(HERE / "life.py"), way, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, stdin=pipe, stdout=pipe, text=True, bufsize=1, env=environment
    ) as program:
        try:
            yield Lives(program)
        finally:
            program.stdin.close()


def check_whole(store: Store, but: frozenset[str] = frozenset()) -> set[str]:
    """Whatever looks finished has all its bytes; returns the keys."""
    keys = set(store.keys())
    for key in keys - but:
        store.folder(key, bytes_too=True)
    return keys


def files_of(store: Store) -> dict[str, str]:
    """`key/file` -> digest, of the bytes that are there."""
    keys = store.keys()
    return {
        f"{key}/{name}": file_digest(store.root / "steps" / key / name)
        for key in keys
        for name in store.manifest(key)["files"]
    }
