"""The trained models of an opened study: which there are, in which form, and what tested each."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, final

from isogloss.report.export.facts import TRAINED_FORM

if TYPE_CHECKING:
    from isogloss.desk.opened import Opened
    from isogloss.plan.plan import Cell, Step

PRETRAIN, PROBE = "pretrain", "probe"
"""Regimes of what is pre-trained, and of classifiers that look into it."""


class Of(NamedTuple):
    """What tells one model from another: a training's columns, and its form of serving."""

    encoder: str
    regime: str
    sources: tuple[str, ...]
    n_per_language: int | None
    form: str


@final
@dataclass(frozen=True)
class Model:
    """One finished model of a study in one form, before anything is read of it."""

    of: Of
    seed: int
    step: "Step"
    """Holds its files."""

    trained: "Step"
    """Trained it: the same step, but for forms of serving."""

    tests: tuple["Cell", ...]
    """Finished evaluations, those of probes among them."""


@final
@dataclass(frozen=True, eq=False)
class Models:
    """The finished models of one study."""

    opened: "Opened"

    @cached_property
    def all(self) -> tuple[Model, ...]:
        """Every finished model that was trained here, in every form that was tested."""
        tests: dict[tuple[Of, int], list[Cell]] = {}
        steps: dict[tuple[Of, int], Step] = {}
        for cell in self.opened.plan.cells:
            step = self._model_step(cell)
            if step is None or step.key not in self.opened.store:
                continue
            place = of_cell(cell), cell.columns["seed"]
            steps.setdefault(place, step)
            tested = cell.columns["target_language"] is not None
            if tested and cell.step in self.opened.store:
                tests.setdefault(place, []).append(cell)
        return tuple(
            Model(of, seed, step, self._trained(step), tuple(tests.get((of, seed), ())))
            for (of, seed), step in steps.items()
        )

    @cached_property
    def planned(self) -> dict[tuple[Of, int], "Step"]:
        """The step that holds the files of each model that is asked for, by model and seed."""
        found: dict[tuple[Of, int], Step] = {}
        for cell in self.opened.plan.cells:
            step = self._model_step(cell)
            if step is not None:
                found.setdefault((of_cell(cell), cell.columns["seed"]), step)
        return found

    def alike(self, model: Model) -> list[Model]:
        """The finished models that differ from one in their seed alone, itself among them."""
        return [one for one in self.all if one.of == model.of]

    def _model_step(self, cell: "Cell") -> "Step | None":
        """The step that holds the files of the model that a cell is about."""
        step = self.opened.plan.by_key[cell.step]
        if cell.columns["split"] == "efficiency":
            return None
        if cell.columns["target_language"] is None:
            return step
        return self.opened.plan.by_key[step.needs[0]]

    def _trained(self, step: "Step") -> "Step":
        return self.opened.plan.by_key[step.needs[0]] if step.kind == "serve" else step


def of_cell(cell: "Cell") -> Of:
    """The model that a cell is about.

    Probes are of the arm that they look into; a training is in the form it was trained in.
    """
    columns = cell.columns
    regime = PRETRAIN if is_probe(cell) else columns["regime"]
    form = columns["form"] if regime != PRETRAIN else None
    size = None if is_probe(cell) else columns["n_per_language"]
    sources = () if regime == PRETRAIN else tuple(columns["source_languages"])
    return Of(columns["encoder"], regime, sources, size, form or TRAINED_FORM)


def is_probe(cell: "Cell") -> bool:
    """Whether a cell is of a classifier over frozen layers."""
    return bool(cell.columns["regime"] == PROBE)
