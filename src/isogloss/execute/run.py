"""The main path, from a plan to finished steps. Read this file first.

First all data are read and every size and label is checked, so that a mistake in the last of
twenty languages stops the run before the first training. Then the executor does what is missing.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from isogloss.base.errors import InputError, UnknownName
from isogloss.execute.check import check_data
from isogloss.execute.executor import Ended, Event, Executor
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.processes import ProcessesExecutor
from isogloss.execute.work import do
from isogloss.plan.plan import Plan, Step
from isogloss.store.store import Store
from isogloss.study.study import Study


def run_plan(steps: Sequence[Step], store: Store, executor: Executor) -> Iterator[Event]:
    """Do these steps, each after what it needs; a failed one is a record, and the rest goes on."""
    for event in executor.run(steps, partial(do, root=store.root)):
        if isinstance(event, Ended):
            _note_failure(event, store)
        yield event


def read_data(study: Study, plan: Plan, store: Store) -> None:
    """Read what is missing of the data into the store, then check labels and sizes.

    Raises:
        InputError: naming every broken split, missing label and size that cannot be drawn.
    """
    missing = [step for step in plan.of_kind("data") if step.key not in store]
    ended = [e for e in run_plan(missing, store, InlineExecutor()) if isinstance(e, Ended)]
    mistakes = [e.outcome.failure.message for e in ended if e.outcome.failure]
    if mistakes:
        raise InputError("\n".join(dict.fromkeys(mistakes)))
    check_data(study, plan, store)


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
