"""A program that is killed, or whose disk fails, at a call of the system that it is told.

Usage: python life.py store|study FOLDER, with the faulty library loaded before all others. It reads
lines `NUMBER HOW STAYS`, forks a child for each that lives one life in the folder, and prints how
it ended: the exit status (negative for a signal) and the number of calls that changed the folder.
A fork costs a hundredth of a fresh interpreter, and is safe here: this program has no threads.
"""

import ctypes
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from isogloss.base.errors import IsoglossError
from isogloss.store import manifest
from isogloss.store.faults import told
from isogloss.store.garbage import remove_garbage
from isogloss.store.live import Live
from isogloss.store.quarantine import set_aside_all
from isogloss.store.runs import at_work
from isogloss.store.store import Store

TOLD = 10
"""Exit status of a life that ended with a message for people."""
BUG = 11


def live_in_a_store(folder: Path) -> int:
    """All that writes to a store, once."""
    store = Store(folder / "store")
    store.check_writable()
    keys = ["aa11", "bb22", "cc33", "dd44", "ee55"]
    with at_work(store, keys):
        store.remember_study("first", {"name": "first", "seeds": [1, 2]}, keys, "first.yaml")
        list(set_aside_all(store, keys))
        for key in keys:
            with store.claim(key):
                if key in store:
                    continue
                with suppress(OSError):  # as whoever makes a step does
                    Live(store.root).tell(key, {"kind": "toy", "title": key})
                with told(store.root, "writing a checkpoint"):
                    (store.running(key) / "checkpoint").write_text(key)
                store.fail(key, {"message": f"tried {key}"})
                identity = {"kind": "toy", "version": 1, "payload": {"key": key}, "needs": []}
                store.write(key, "toy", identity, {"of": key, "value": 0.1}, fill, title=key)
                with suppress(OSError):
                    Live(store.root).forget(key)
    remove_garbage(store)
    return 0


def fill(draft: Path) -> None:
    for number in range(2):
        (draft / f"{number}.bin").write_bytes(bytes([number]) * 5000)
    (draft / "deep").mkdir()
    (draft / "deep" / "curve.json").write_text("[1, 2]")


def live_with_a_study(folder: Path) -> int:
    """The command itself."""
    from isogloss.cli.app import main

    os.chdir(folder)
    sys.argv = ["isogloss", "run", "toy.yaml"]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


LIVES = {"store": live_in_a_store, "study": live_with_a_study}


def life(way: str, folder: Path, number: int, how: int, stays: int, tell: int) -> int:
    """One life, from the fork to its end."""
    library = ctypes.CDLL(os.environ["LD_PRELOAD"])
    library.fault_seen.restype = ctypes.c_long
    with (folder / "said").open("ab") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    library.fault_arm(os.fsencode(folder / ("store" if way == "store" else ".isogloss")),
                      ctypes.c_long(number), how, stays)  # fmt: skip
    try:
        code = LIVES[way](folder)
    except IsoglossError as error:
        print(f"Error: {error}")
        code = TOLD
    except BaseException:
        traceback.print_exc()
        code = BUG
    if number:
        library.fault_arm(b"", 0, 0, 0)
    os.write(tell, str(library.fault_seen()).encode())
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def main(way: str, folder: Path) -> None:
    if way == "study":
        import isogloss.cli.running
        import isogloss.desk.follow
        import isogloss.execute.encoders
        import isogloss.execute.run  # noqa: F401 what a life needs, once for all
    manifest.made(None)  # looks for versions once
    print("ready", flush=True)
    for line in sys.stdin:
        number, how, stays = map(int, line.split())
        ear, mouth = os.pipe()
        pid = os.fork()
        if pid == 0:
            os._exit(life(way, folder, number, how, stays, mouth))
        os.close(mouth)
        seen = os.read(ear, 100).decode() or "0"
        os.close(ear)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(status, seen, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
