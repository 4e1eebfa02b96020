"""A program that starts writers of steps and lets them be killed, for the tests of what is left.

Usage: python killed_writer.py STORE. It reads lines `free` (a writer that somebody else kills) or
`CALL NUMBER before|after` (one that kills itself at that call of the operating system), forks a
writer for each, prints its process id, and `gone` once it is dead. A fork is a hundred times
faster than a fresh interpreter, and safe here: this program has no threads.
"""

import os
import signal
import sys
from itertools import count
from pathlib import Path

from isogloss.store.store import Store

FILES = 4
BYTES = 5_000


def fill(folder: Path) -> None:
    for number in range(FILES):
        (folder / f"{number}.bin").write_bytes(bytes([number]) * BYTES)


def write_steps(root: str) -> None:
    store = Store(Path(root))
    store.check_writable()
    for number in count():
        key = f"{number:06x}"
        if key in store:
            continue
        (store.running(key) / "checkpoint").write_text(key)
        store.fail(key, {"message": "tried " + "x" * 2000})
        store.write(key, "toy", {"number": number}, {"scores": [], "number": number}, fill)


def die_at(call: str, number: int, moment: str) -> None:
    """Let the process kill itself just before, or after, one of its calls."""
    original = getattr(os, call)
    calls = count()

    def deadly(*args, **kwargs):
        now = next(calls) >= number  # the next one, if this one raises
        if now and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = original(*args, **kwargs)
        if now:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(os, call, deadly)


def main(root: str) -> None:
    os.fsync = lambda _: None  # slow, and what a dead process has written is written
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            if line.strip() != "free":
                call, number, moment = line.split()
                die_at(call, int(number), moment)
            write_steps(root)
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
