"""The main path, from a plan to finished steps. Read this file first.

`read.py` has read all data and checked every size and label, and `encoders.py` has tried every
encoder, so that a mistake in the last of them stops the run before the first training. Here the
executor does what is missing.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain

from isogloss.execute.executor import Ended, Event, Executor, Failure, Outcome, Work
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.work import do
from isogloss.plan.plan import Step
from isogloss.store.store import Store

NOT_ALL_THERE = "Candidates are measured in turn, and not all of them could be made."


def run_plan(steps: Sequence[Step], store: Store, executor: Executor) -> Iterator[Event]:
    """Do these steps, each after what it needs; a failed one is a record, and the rest goes on."""
    work = partial(do, root=store.root)
    measuring = [step for step in steps if step.kind == "measure"]
    others = [step for step in steps if step.kind != "measure"]
    for event in chain(executor.run(others, work), _measure(measuring, store, work)):
        if isinstance(event, Ended):
            _note_failure(event, store)
        yield event


def _measure(steps: Sequence[Step], store: Store, work: Work) -> Iterator[Event]:
    """Measure when all else is done: nothing of ours may run beside it."""
    able = [step for step in steps if all(need in store for need in step.needs)]
    for step in steps:
        if step not in able:
            yield Ended(Outcome(step, "blocked", failure=Failure("run", NOT_ALL_THERE)))
    yield from InlineExecutor().run(able, work)


def _note_failure(event: Ended, store: Store) -> None:
    failure = event.outcome.failure
    if failure is not None and event.outcome.status == "failed":
        store.fail(event.outcome.step.key, {**vars(failure), "title": event.outcome.step.title})
