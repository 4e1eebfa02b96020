"""Names of files and of parts of a page, each of which only one may have."""

from collections.abc import Iterable, Iterator
from itertools import chain, count


def distinct(names: Iterable[str]) -> Iterator[str]:
    """Put a number behind a name that an earlier one has, in any case of its letters.

    >>> list(distinct(["curves-a", "curves-b", "curves-a", "Curves-a"]))
    ['curves-a', 'curves-b', 'curves-a-2', 'Curves-a-3']
    """
    taken: set[str] = set()
    for name in names:
        tries = chain([name], (f"{name}-{n}" for n in count(2)))
        chosen = next(one for one in tries if one.casefold() not in taken)
        taken.add(chosen.casefold())
        yield chosen
