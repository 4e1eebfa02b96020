"""What the C library of a worker does with memory that is given back: it keeps it.

A training step asks for the same large arrays again and again: above all the gradient of a table of
embeddings, which is dense. By default glibc maps each of them anew, and the kernel fills every page
with zeros as it is touched. Kept memory, in large pages, has neither cost. It can only be said
before a process starts, and other C libraries do not read it.
"""

from collections.abc import Mapping

VARIABLE = "GLIBC_TUNABLES"
_SETTINGS = {"hugetlb": 1, "mmap_threshold": 1 << 32, "trim_threshold": 1 << 33}


def allocator_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to a worker's environment; what a person has set there stands.

    >>> allocator_variables({})["GLIBC_TUNABLES"].count("glibc.malloc.")
    3
    >>> allocator_variables({"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"})
    {}
    """
    if VARIABLE in environment:
        return {}
    told = (f"glibc.malloc.{name}={value}" for name, value in _SETTINGS.items())
    return {VARIABLE: ":".join(told)}
