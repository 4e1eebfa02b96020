"""Who else uses the processor: a figure taken beside other work measures the other work too.

The load average remembers minutes that are over and counts our own process; so the system's
accounts are read twice and what we and our children used is taken away. Time that a hypervisor
gave to other machines (steal) counts as used by others: it disturbs as much.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from isogloss.base.threads import allowed_cores

THRESHOLD = 0.05
"""Share of our cores that others may use; a desktop at rest uses one or two percent."""

LEAST_SECONDS = 0.05
"""Of processor time, under which others are not called busy: the accounts tick every 0.01 s."""

PROC = Path("/proc")
_SECOND_COLUMNS = (1, 2, 3, 6, 7, 8)
"""user, nice, system, irq, softirq, steal; `guest` is part of user, idle and iowait are no work."""


class Used(NamedTuple):
    """Seconds of processor time since the system started, and when that was read."""

    at: float
    """Seconds of a clock."""

    everyone: float
    """Used on the cores that we may use."""

    ours: float
    """Used by this process, its children that have ended, and those asked about."""

    cores: int


class Noise(NamedTuple):
    """What others used while something was measured."""

    during: str
    """What was measured."""

    share: float | None
    """Of our cores, 0 to 1; None where the system does not tell."""

    busy: bool


def read_used(pids: Iterable[int], *, clock: Callable[[], float], proc: Path = PROC) -> Used | None:
    """Read the accounts; None where there is no /proc.

    Args:
        pids: our children that are alive; those that are gone are counted already.
        clock: seconds.
        proc: where the system tells.
    """
    try:
        lines = (proc / "stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    ticks = os.sysconf("SC_CLK_TCK")
    names = {f"cpu{core}" for core in allowed_cores()}
    rows = [line.split() for line in lines]
    mine = [row for row in rows if row and row[0] in names]
    everyone = sum(int(row[column]) for row in mine for column in _SECOND_COLUMNS) / ticks
    own = os.times()
    ours = own.user + own.system + own.children_user + own.children_system
    ours += sum(_ticks_of(pid, proc) for pid in pids) / ticks
    return Used(clock(), everyone, ours, len(mine))


def others_share(before: Used, after: Used) -> float:
    """Return which share of our cores others used between two readings, 0 to 1.

    >>> round(others_share(Used(0.0, 10.0, 1.0, 2), Used(5.0, 16.0, 6.0, 2)), 3)
    0.1
    """
    seconds = (after.at - before.at) * before.cores
    if seconds <= 0:
        return 0.0
    others = (after.everyone - before.everyone) - (after.ours - before.ours)
    return min(1.0, max(0.0, others / seconds))


def noise_of(during: str, before: Used | None, after: Used | None) -> Noise:
    """Judge what others did between two readings."""
    if before is None or after is None:
        return Noise(during, None, busy=False)
    share = others_share(before, after)
    seconds = share * before.cores * (after.at - before.at)
    return Noise(during, share, busy=share > THRESHOLD and seconds >= LEAST_SECONDS)


def _ticks_of(pid: int, proc: Path) -> int:
    """Ticks of a process and of its children that have ended: fields 14 to 17 of its `stat`."""
    with suppress(OSError):
        line = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        after_name = line.rpartition(")")[2].split()
        return sum(int(field) for field in after_name[11:15])
    return 0
