r"""The steps after training: each trained model in its forms of serving, tested again and measured.

    train -> serve (a form) -> evaluate_form (one target, one split)
         \-> measure (all candidates in turn, alone on the machine)

The forms `torch`, `torch-fp32` and `torch-bf16` are the trained model itself, so nothing is made
for them. One seed is measured: weights change what is said, not how long it takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from isogloss.plan.plan import Cell, Step
from isogloss.plan.runs import places, task_of
from isogloss.study.efficiency import Efficiency
from isogloss.study.spec import identity
from isogloss.study.study import Study

VERSIONS = {"serve": 1, "evaluate_form": 1, "measure": 4}
"""Raise that of `measure` also when a constant of `isogloss.efficiency` changes that decides
figures and that no study says: the rule of the warm-up, the laps before a turn, the most passes of
a round, how the server searches. A test pins them."""

AS_TRAINED = ("torch", "torch-fp32", "torch-bf16")
"""Forms that need nothing but the trained model."""

Data = Mapping[tuple[str, tuple[str, ...]], Step]
"""The data steps by language and splits."""


@final
@dataclass(frozen=True)
class Served:
    """A trained model that is tried in forms of serving."""

    encoder: str
    seed: int
    train: Step
    columns: Mapping[str, Any]
    """Its columns in the results."""


def serving(study: Study, served: Sequence[Served], data: Data) -> tuple[list[Step], list[Cell]]:
    """Steps and cells of all forms of these models; none where a study measures nothing."""
    if study.efficiency is None:
        return [], []
    steps: list[Step] = []
    cells: list[Cell] = []
    candidates: list[tuple[Served, str, Step]] = []
    for model in served:
        for form in study.efficiency.forms:
            made = model.train if form in AS_TRAINED else _serve(study, model, form, data)
            candidates.append((model, form, made))
            steps.append(made)
            if form != "torch":
                tests = [_evaluate(study, model, form, made, data, at) for at in places(study)]
                steps += tests
                cells += _cells(study, model, form, tests)
    first = [one for one in candidates if one[0].seed == study.seeds[0]]
    measured = _measure(study, study.efficiency, first, data)
    return [*steps, measured], [*cells, *_measured_cells(measured, first)]


def _serve(study: Study, model: Served, form: str, data: Data) -> Step:
    """Make a form of a trained model; a smaller vocabulary is cut to the training text."""
    sources = model.columns["source_languages"] if form == "trimmed" else []
    payload = {"form": form, "labels": list(study.labels), **task_of(study)}
    needs = (
        model.train.key,
        *(data[code, study.labeled.train_splits].key for code in sources),
    )
    title = f"{model.train.title} as {form}"
    return Step("serve", VERSIONS["serve"], payload, needs, {}, title, model.train.group)


def _evaluate(
    study: Study, model: Served, form: str, made: Step, data: Data, at: tuple[str, str]
) -> Step:
    """Test a form on one split of one language, from the words on."""
    language, split = at
    payload = {
        "form": form,
        "language": language,
        "split": split,
        "labels": list(study.labels),
        "max_length": study.training.max_length,
        **task_of(study),
    }
    if form == "onnx-int8":  # its answers hang on what else is in the batch
        payload["max_tokens"] = study.evaluation.max_tokens
    needs = (made.key, data[language, (split,)].key, model.train.key)
    settings = {"max_tokens": study.evaluation.max_tokens}
    title = f"{model.train.title} as {form} on {language} {split}"
    version = VERSIONS["evaluate_form"]
    return Step("evaluate_form", version, payload, needs, settings, title, model.train.group)


def _measure(
    study: Study,
    declared: Efficiency,
    candidates: Sequence[tuple[Served, str, Step]],
    data: Data,
) -> Step:
    """Measure all candidates of one seed, on test texts of the languages they were trained on.

    Where none of those is tested, on texts of the languages that are.
    """
    split = study.evaluation.splits[0]
    trained_on = candidates[0][0].columns["source_languages"]
    tested = [code for code in trained_on if (code, (split,)) in data]
    texts = [(code, (split,)) for code in tested or study.target_languages]
    protocol = {k: v for k, v in identity(declared).items() if k != "forms"}
    payload = {
        "protocol": protocol,
        "candidates": [[model.encoder, form] for model, form, _ in candidates],
        "max_length": study.training.max_length,
        "labels": list(study.labels),
        **task_of(study),
    }
    needs = (*(made.key for _, _, made in candidates), *(data[place].key for place in texts))
    settings = {"busy": declared.busy}
    title = f"{len(candidates)} candidates"
    return Step("measure", VERSIONS["measure"], payload, needs, settings, title, "measure")


def _cells(study: Study, model: Served, form: str, tests: Sequence[Step]) -> Iterator[Cell]:
    for (code, split), step in zip(places(study), tests, strict=True):
        yield Cell(
            step.key, {**model.columns, "target_language": code, "split": split, "form": form}
        )


def _measured_cells(
    measured: Step, candidates: Sequence[tuple[Served, str, Step]]
) -> Iterator[Cell]:
    for model, form, _ in candidates:
        columns = {"target_language": None, "split": "efficiency", "form": form}
        yield Cell(measured.key, {**model.columns, **columns}, part=f"{model.encoder}/{form}")
