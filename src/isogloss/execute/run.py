"""The main path, from a plan to finished steps. Read this file first.

`read.py` has read all data and checked every size and label, and `encoders.py` has tried every
encoder, so that a mistake in the last of them stops the run before the first training. Here the
executor does what is missing.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from isogloss.base.errors import UnknownName
from isogloss.execute.executor import Ended, Event, Executor
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.processes import ProcessesExecutor
from isogloss.execute.work import do
from isogloss.plan.plan import Step
from isogloss.store.store import Store


def run_plan(steps: Sequence[Step], store: Store, executor: Executor) -> Iterator[Event]:
    """Do these steps, each after what it needs; a failed one is a record, and the rest goes on."""
    for event in executor.run(steps, partial(do, root=store.root)):
        if isinstance(event, Ended):
            _note_failure(event, store)
        yield event


def make_executor(name: str, jobs: int) -> Executor:
    """The executor of a name."""
    if name == "inline":
        return InlineExecutor()
    if name == "processes":
        return ProcessesExecutor(jobs)
    raise UnknownName("executor", name, ("inline", "processes"))


def _note_failure(event: Ended, store: Store) -> None:
    failure = event.outcome.failure
    if failure is not None and event.outcome.status == "failed":
        store.fail(event.outcome.step.key, {**vars(failure), "title": event.outcome.step.title})
