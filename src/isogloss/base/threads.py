"""How many threads a process computes with: told by its environment, before its first import."""

import os
from collections.abc import Mapping

_NUMERIC = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


def allowed_cores() -> list[int]:
    """Numbers of the processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def available_cores() -> int:
    """How many those are."""
    return len(allowed_cores())


def threads_of_each(workers: int, environment: Mapping[str, str] = os.environ) -> int:
    """Threads of each of several workers: an equal share of the cores, but no more than were asked.

    Who sets OMP_NUM_THREADS has a reason: another command on the same cores, say. Threads of two
    commands that wait for each other's cores cost far more than they bring.

    >>> threads_of_each(available_cores(), {"OMP_NUM_THREADS": "64"})
    1
    >>> threads_of_each(1, {"OMP_NUM_THREADS": "1"})
    1
    """
    share = max(1, available_cores() // workers)
    asked = environment.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(share, int(asked)) if asked.isdecimal() and int(asked) > 0 else share


def thread_variables(threads: int) -> dict[str, str]:
    """What numeric libraries and tokenizers read when they are imported.

    >>> thread_variables(2)["OMP_NUM_THREADS"], thread_variables(1)["TOKENIZERS_PARALLELISM"]
    ('2', 'false')
    """
    several = "true" if threads > 1 else "false"
    return {**dict.fromkeys(_NUMERIC, str(threads)), "TOKENIZERS_PARALLELISM": several}
