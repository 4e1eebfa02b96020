"""The main path, from a plan to finished steps. Read this file first.

`read.py` has read all data and checked every size and label, and `encoders.py` has tried every
encoder, so that a mistake in the last of them stops the run before the first training. Here the
executor does what is missing.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import chain

from isogloss.execute.executor import Ended, Event, Executor, Failure, Outcome, Work
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.mending import mended
from isogloss.execute.stopping import until_asked
from isogloss.execute.work import do
from isogloss.plan.plan import Step
from isogloss.store.store import Store

NOT_ALL_THERE = "Candidates are measured in turn, and not all of them could be made."


def run_plan(
    steps: Sequence[Step],
    store: Store,
    executor: Executor,
    plan: Mapping[str, Step] | None = None,
) -> Iterator[Event]:
    """Do these steps, each after what it needs; a failed one is a record, and the rest goes on.

    Args:
        steps: in an order that respects their needs.
        store: where they go.
        executor: runs them.
        plan: all steps, by key: what is damaged among those they need is made anew.

    Raises:
        KeyboardInterrupt: if the run was asked to stop; what ran has left a checkpoint.
    """
    work = partial(do, root=store.root.absolute())  # a worker may be in another folder
    measuring = [step for step in steps if step.kind == "measure"]
    others = [step for step in steps if step.kind != "measure"]
    known = plan or {}
    with (
        closing(mended(partial(executor.run, work=work), others, store, known)) as made,
        closing(_measure(measuring, store, work, known)) as measured,
    ):
        for event in until_asked(chain(made, measured)):
            if isinstance(event, Ended):
                _note_failure(event, store)
            yield event


def _measure(
    steps: Sequence[Step], store: Store, work: Work, plan: Mapping[str, Step]
) -> Generator[Event, None, None]:
    """Measure when all else is done: nothing of ours may run beside it."""
    able = [step for step in steps if all(need in store for need in step.needs)]
    for step in steps:
        if step not in able:
            yield Ended(Outcome(step, "blocked", failure=Failure("run", NOT_ALL_THERE)))
    yield from mended(partial(InlineExecutor().run, work=work), able, store, plan)


def _note_failure(event: Ended, store: Store) -> None:
    failure = event.outcome.failure
    if failure is not None and event.outcome.status == "failed":
        store.fail(event.outcome.step.key, {**vars(failure), "title": event.outcome.step.title})
