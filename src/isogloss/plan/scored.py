"""Steps that compute a plug-in's metric from the predictions of a finished test.

They read what is stored, so a metric that is added, or comes in another version, needs no model.
Their cells stand beside those of the study's own metrics, not among them: tables and tests are made
of the house's metrics, whose tallies can be drawn again.
"""

from collections.abc import Iterable, Mapping

from isogloss.plan.plan import Cell, Step
from isogloss.plan.runs import task_of
from isogloss.study.plugged import deciding
from isogloss.study.study import Study

VERSIONS = {"score": 1}
TESTS = ("evaluate", "evaluate_form")


def scored(study: Study, steps: Iterable[Step], cells: Iterable[Cell]) -> list[tuple[Step, Cell]]:
    """A step and a cell for each metric of a plug-in and each test of the plan."""
    by_key = {step.key: step for step in steps}
    tested = [(by_key[cell.step], cell) for cell in cells if by_key[cell.step].kind in TESTS]
    found = []
    for name in study.evaluation.metrics:
        payload = {
            "metric": name,
            **deciding(("metric", name)),
            "labels": list(study.labels),
            **task_of(study),
        }
        for test, cell in tested:
            step = _step(payload, test, name)
            found.append((step, Cell(step.key, cell.columns)))
    return found


def _step(payload: Mapping[str, object], test: Step, name: str) -> Step:
    title = f"{name} of {test.title}"
    return Step("score", VERSIONS["score"], payload, (test.key,), {}, title, test.group)
