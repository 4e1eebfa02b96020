"""Toy work for the executors' tests: what it does stands in the step's payload.

A worker process imports this by name, so the tests put its folder on `sys.path`, which spawned
processes inherit.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from isogloss.base.errors import InputError, RunError
from isogloss.execute.executor import Elsewhere
from isogloss.plan.plan import Step
from isogloss.store.store import Store


class OutOfMemoryError(RuntimeError):
    """Called as PyTorch calls its own."""


RAISED = {
    "input": InputError("told"),
    "run": RunError("told"),
    "bug": KeyError("told"),
    "memory": MemoryError("told"),
    "device memory": OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "main memory": RuntimeError("DefaultCPUAllocator: can't allocate memory"),
}


class At(NamedTuple):
    done: int
    total: int | None


def toy_step(name, *needs, group="", **does):
    keys = tuple(need.key if isinstance(need, Step) else need for need in needs)
    return Step("toy", 1, {"name": name, **does}, keys, title=name, group=group)


def note(folder: Path, words: str) -> None:
    """Leave a file that no other call leaves."""
    (folder / f"{words} {time.monotonic_ns()} {os.getpid()}").touch()


def noted(folder: Path, first: str) -> list[str]:
    """Second words of the notes that begin with `first`, in order of time."""
    lines = [path.name.split() for path in folder.iterdir()]
    return [line[1] for line in sorted(lines, key=lambda line: int(line[2])) if line[0] == first]


def work(step, folder):
    """Do what the payload says; leave notes of what was begun, ended and closed."""
    does = step.payload
    note(folder, f"begun {does['name']}")
    try:
        yield At(1, 2)
        _misbehave(does, folder)
        yield At(2, 2)
    finally:
        note(folder, f"closed {does['name']}")
    note(folder, f"ended {does['name']}")
    return not does.get("found", False)


def met_work(step, root, folder):
    """Work as it is stored, that first does what the payload says."""
    with Store(root).claim(step.key, wait=False) as mine:
        if not mine:
            raise Elsewhere
        if step.key not in Store(root):
            yield from work(step, folder)
        return (yield from stored_work(step, root, folder))


def _misbehave(does, folder):
    tries = noted(folder, "begun").count(does["name"])
    if "raises" in does:
        raise RAISED[does["raises"]]
    if does.get("exits"):
        sys.exit(3)
    if "dies" in does and tries <= does["dies"]:
        os.kill(os.getpid(), does.get("signal", signal.SIGKILL))
        time.sleep(60)
    if "leaves" in does:
        os._exit(does["leaves"])
    if "environment" in does:
        for name in does["environment"]:
            note(folder, f"{name} {os.environ[name]}")
    if "grandchild" in does and tries == 1:
        keep = [int(path.name) for path in Path("/proc/self/fd").iterdir() if int(path.name) > 2]
        child = subprocess.Popen(["sleep", "60"], pass_fds=[fd for fd in keep if _is_open(fd)])
        note(folder, f"grandchild {child.pid}")
        os._exit(1)
    if "meets" in does:
        _wait_for(lambda: does["meets"] in noted(folder, "begun"))
    if not (does.get("once") and tries > 1):
        time.sleep(does.get("seconds", 0))


def _wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise RunError("it never came")
        time.sleep(0.02)


def _is_open(fd):
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def patient_work(step, folder):
    """Take a minute and tell ten times a second, as a training does."""
    note(folder, f"begun {step.title}")
    try:
        for n in range(600):
            yield At(n, 600)
            time.sleep(0.1)
    finally:
        note(folder, f"closed {step.title}")
    note(folder, f"ended {step.title}")
    return True


def stored_work(step, root, folder):
    """Like the real work: claim, look, make, store."""
    store = Store(root)
    with store.claim(step.key, wait=False) as mine:
        if not mine:
            raise Elsewhere
        if step.key in store:
            return False
        note(folder, f"made {step.title}")
        yield At(0, None)
        time.sleep(step.payload.get("seconds", 0))
        store.write(
            step.key,
            step.kind,
            step.identity,
            {"scores": []},
            lambda draft: (draft / "x").write_text(step.title),
        )
        return True
