"""From a step to what it makes: claim it, make it, store it.

This runs in whatever process the executor chose; it asks the store for everything and leaves
everything there, so nothing but the step itself has to travel.
"""

import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from isogloss.execute.bench import Bench, Making
from isogloss.execute.telling import telling
from isogloss.plan.plan import Step
from isogloss.store.live import Live
from isogloss.store.store import Store

Makers = Mapping[str, Callable[[Bench], Making]]
"""Kind of step -> what makes it."""


def make_step(step: Step, root: Path, makers: Makers) -> Generator[Any, None, bool]:
    """Make a step unless the store has it; yields progress.

    Another process at the same step is waited for, and what it made is taken, if it was made from
    the same things.

    Returns:
        True if it was made here, False if it was found.
    """
    store = Store(root)
    with store.claim(step.key, wait=True):
        if step.key in store:
            store.folder(step.key, step.identity)
            return False
        began = time.monotonic()
        made = yield from telling(makers[step.kind](Bench(step, store)), step, Live(root))
        seconds = time.monotonic() - began
        store.write(
            step.key,
            step.kind,
            step.identity,
            made.record,
            made.fill,
            seconds=seconds,
            title=step.title,
        )
        return True
