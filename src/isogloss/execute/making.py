"""From a step to what it makes: claim it, make it, store it.

This runs in whatever process the executor chose; it asks the store for everything and leaves
everything there, so nothing but the step itself has to travel.
"""

import logging
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from isogloss.execute.bench import Bench, Making
from isogloss.execute.executor import Elsewhere
from isogloss.execute.spent import Spent
from isogloss.execute.telling import telling
from isogloss.plan.plan import Step
from isogloss.store.live import Live
from isogloss.store.quarantine import set_aside
from isogloss.store.store import Store

_log = logging.getLogger(__name__)

Makers = Mapping[str, Callable[[Bench], Making]]
"""Kind of step -> what makes it."""


def make_step(step: Step, root: Path, makers: Makers) -> Generator[Any, None, bool]:
    """Make a step unless the store has it; yields progress.

    What another process has made meanwhile is taken, if it was made from the same things. What is
    there but damaged is moved aside, and made anew.

    Returns:
        True if it was made here, False if it was found.

    Raises:
        Elsewhere: if another process is at it now.
    """
    store = Store(root)
    with store.claim(step.key, wait=False) as mine:
        if not mine:
            raise Elsewhere
        if step.key in store:
            moved = set_aside(store, step.key, bytes_too=False)
            if moved is None:
                store.folder(step.key, step.identity)
                return False
            _log.warning("%s %s was damaged (%s): made anew", step.kind, step.key, moved.why)
        spent = Spent.so_far(store, step.key)
        try:
            made = yield from telling(
                makers[step.kind](Bench(step, store)), step, Live(root), spent
            )
        except BaseException:
            spent.keep(store, step.key)
            raise
        store.write(
            step.key,
            step.kind,
            step.identity,
            made.record,
            made.fill,
            seconds=spent.seconds,
            title=step.title,
        )
        return True
