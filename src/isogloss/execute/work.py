"""From a step to its work: find it, claim it, make it, store it.

The one function here runs in whatever process the executor chose; it asks the store for everything
and leaves everything there, so nothing but the step itself has to travel.
"""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from isogloss.execute.bench import Bench, Making
from isogloss.execute.kinds.data import make_data
from isogloss.execute.kinds.evaluate import make_evaluated
from isogloss.execute.kinds.prepare import make_prepared
from isogloss.execute.kinds.tokenizer import make_tokenizer
from isogloss.execute.kinds.train import make_trained
from isogloss.plan.plan import Step
from isogloss.store.store import Store

MAKERS: dict[str, Callable[[Bench], Making]] = {
    "data": make_data,
    "tokenizer": make_tokenizer,
    "prepare": make_prepared,
    "train": make_trained,
    "evaluate": make_evaluated,
}


def do(step: Step, root: Path) -> Generator[Any, None, bool]:
    """Make a step unless the store has it; yields progress.

    Another process at the same step is waited for, and what it made is taken.

    Returns:
        True if it was made here, False if it was found.
    """
    store = Store(root)
    with store.claim(step.key, wait=True):
        if step.key in store:
            return False
        made = yield from MAKERS[step.kind](Bench(step, store))
        store.write(step.key, step.kind, step.identity, made.record, made.fill)
        return True
