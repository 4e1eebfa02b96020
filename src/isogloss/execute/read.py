"""Reading the data of a study into the store, before anything heavy is imported."""

from collections.abc import Sequence
from functools import partial

from isogloss.base.errors import InputError, RunError, at_once
from isogloss.execute.executor import Ended, Failure, Outcome
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.kinds.data import make_data
from isogloss.execute.kinds.text import make_text
from isogloss.execute.making import make_step
from isogloss.plan.hub import remember_commit
from isogloss.plan.pins import is_known
from isogloss.plan.plan import Plan, Step
from isogloss.store.store import Store


def read_data(plan: Plan, store: Store) -> int:
    """Read what is missing of the data into the store; what the Hub did not tell is passed over.

    Returns:
        How many splits were read here.

    Raises:
        InputError: naming every broken split.
        RunError: if the disk or the network is at fault, or we are; a bug keeps its traceback.
    """
    reading = [
        step
        for step in (*plan.of_kind("data"), *plan.of_kind("text"))
        if is_known(step.payload["source"])
    ]
    outcomes = _read([step for step in reading if step.key not in store], store)
    _raise([outcome.failure for outcome in outcomes if outcome.failure])
    _remember(reading)
    return sum(outcome.status == "done" for outcome in outcomes)


def _read(missing: Sequence[Step], store: Store) -> list[Outcome]:
    """Read, past what the person can mend; but a network is not waited for once a split."""
    outcomes: list[Outcome] = []
    work = partial(make_step, root=store.root, makers={"data": make_data, "text": make_text})
    for event in InlineExecutor().run(missing, work):
        if isinstance(event, Ended):
            outcomes.append(event.outcome)
            if event.outcome.failure and event.outcome.failure.kind == "run":
                break
    return outcomes


def _raise(failures: list[Failure]) -> None:
    """Raise all failures as one; what the person can mend comes first."""
    failures = sorted(failures, key=lambda failure: failure.kind != "input")
    told = [
        (failure.code, failure.traceback if failure.kind == "bug" else failure.message)
        for failure in failures
    ]
    if failures:
        raise at_once(InputError if failures[0].kind == "input" else RunError, told)


def _remember(reading: Sequence[Step]) -> None:
    """Keep in the client's cache what the revisions stood for, for a day without the Hub."""
    for step in reading:
        declared, pin = step.settings["source"], step.payload["source"]
        if declared["kind"] == "hub":
            remember_commit(declared["repo"], declared["revision"], "dataset", pin["commit"])
