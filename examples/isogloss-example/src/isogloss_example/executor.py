"""An executor: worker processes at low priority, for a machine that others use too."""

import os
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context

NICENESS = 10


def open_gentle(jobs: int) -> Executor:
    """So many processes, each a new interpreter that gives way to everything else."""
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=give_way)


def give_way() -> None:
    """Lower this process's priority, where the system knows such a thing."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
