"""Cold start: from the start of a process to its first answer, a fresh process each time.

It is what a server that scales to zero makes its first user wait for. The files are in the system's
cache after the first time; a machine that has just been booted takes longer.
"""

from collections.abc import Callable

from isogloss.efficiency.answering import Sample
from isogloss.efficiency.candidate import Candidate
from isogloss.efficiency.link import Process
from isogloss.efficiency.warmup import Clock


def cold_start(
    start: Callable[[], Process], candidate: Candidate, sample: Sample, *, clock: Clock
) -> float:
    """Start a process, load a candidate, answer one sample; return the seconds it took."""
    began = clock()
    process = start()
    try:
        process.ask("load", candidate=candidate.to_json())
        process.ask("answer", sample=sample)
        return clock() - began
    finally:
        process.stop()
