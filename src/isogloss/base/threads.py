"""How many threads a process computes with: told by its environment, before its first import."""

import os

_NUMERIC = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


def available_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_variables(threads: int) -> dict[str, str]:
    """What numeric libraries and tokenizers read when they are imported.

    >>> thread_variables(2)["OMP_NUM_THREADS"], thread_variables(1)["TOKENIZERS_PARALLELISM"]
    ('2', 'false')
    """
    several = "true" if threads > 1 else "false"
    return {**dict.fromkeys(_NUMERIC, str(threads)), "TOKENIZERS_PARALLELISM": several}
