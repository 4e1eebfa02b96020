"""Reading the data of a study, and every mistake in them, before anything heavy is imported."""

from functools import partial

from isogloss.base.errors import InputError
from isogloss.execute.check import check_data
from isogloss.execute.executor import Ended
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.kinds.data import make_data
from isogloss.execute.making import make_step
from isogloss.plan.plan import Plan
from isogloss.store.store import Store
from isogloss.study.study import Study


def read_data(study: Study, plan: Plan, store: Store) -> None:
    """Read what is missing of the data into the store, then check labels and sizes.

    Raises:
        InputError: naming every broken split, missing label and size that cannot be drawn.
    """
    missing = [step for step in plan.of_kind("data") if step.key not in store]
    work = partial(make_step, root=store.root, makers={"data": make_data})
    ended = [event for event in InlineExecutor().run(missing, work) if isinstance(event, Ended)]
    mistakes = [event.outcome.failure.message for event in ended if event.outcome.failure]
    if mistakes:
        raise InputError("\n".join(dict.fromkeys(mistakes)))
    check_data(study, plan, store)
