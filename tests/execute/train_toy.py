"""Train the models of a toy study, in this process or, as a program, in one that can be killed."""

import sys
from pathlib import Path

from isogloss.execute.executor import Ended
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.run import run_plan
from isogloss.plan.build import build_plan
from isogloss.plan.pins import pin_study
from isogloss.store.store import Store
from isogloss.study.load import load_study


def train(path, store, *changes):
    """Do every step but the evaluations; return the plan."""
    study = load_study(path, changes)
    plan = build_plan(study, pin_study(study))
    steps = [step for step in plan if step.kind != "evaluate" and step.key not in store]
    for event in run_plan(steps, store, InlineExecutor()):
        if isinstance(event, Ended) and event.outcome.failure:
            raise RuntimeError(event.outcome.failure.message)
    return plan


if __name__ == "__main__":
    train(Path(sys.argv[1]), Store(Path(sys.argv[2])))
