"""All that is known of one trained model, gathered for who has never seen its study.

What it learned from and was tested on is read from the finished steps around it; intervals from the
predictions that they have stored.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

from isogloss.desk.intervals import (
    AnyUnits,
    Bounds,
    gold_words,
    intervals_of,
    over_seeds,
    units_of_step,
)
from isogloss.desk.learned import base_of, dataset_of, learned, origin_of, settings_of
from isogloss.desk.models import PRETRAIN, Model, Models, is_probe
from isogloss.desk.served import served
from isogloss.desk.weights import read_weights
from isogloss.report.balance.design import HEADLINES
from isogloss.report.balance.scores import MASKED
from isogloss.report.export.facts import Evaluation, Scored, Subject, Weights
from isogloss.report.export.metrics import metric_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isogloss.desk.opened import Opened
    from isogloss.plan.plan import Cell, Step

COMPUTED = {
    "precision": "precision",
    "precision_reason": "why that precision",
    "attention": "attention",
    "device": "device",
    "threads": "threads",
    "n_train": "examples or windows trained on",
    "n_weights_trained": "weights that learned",
    "lora_targets": "layers adapted by LoRA",
    "n_steps": "updates",
    "epochs": "epochs",
    "train_loss": "training loss (nats)",
    "train_runtime": "training time (s)",
    "stopped_early": "stopped early",
    "best_step": "best update",
}
"""What a card tells of a training's record, where the record has it, and in which words."""

UNITS = {MASKED: "windows", "ner": "sentences", "pos": "sentences"}
"""What the test units of a task are, but for texts."""


@final
@dataclass(frozen=True)
class Depth:
    """How much is read of a model."""

    intervals: bool = True
    """Whether stored predictions are read: some hundredths of a second for each score."""

    mean_of_seeds: bool = False
    """Whether those of the other seeds are read too, for the mean over them."""


@final
@dataclass(frozen=True, eq=False)
class Subjects:
    """Reads the models of one study."""

    opened: "Opened"
    depth: Depth = Depth()

    @cached_property
    def models(self) -> Models:
        """The finished models of the study."""
        return Models(self.opened)

    def read(self, model: Model) -> Subject:
        """Read all that is known of a model."""
        study, plan, store = self.opened.study, self.opened.plan, self.opened.store
        record, payload = store.record(model.trained.key), model.trained.payload
        files, weights = store.manifest(model.step.key), read_weights(store.folder(model.step.key))
        form = files["record"] if model.step.kind == "serve" else None
        task = MASKED if model.of.regime == PRETRAIN else study.task
        return Subject(
            step=model.step.key,
            study=study.name,
            encoder=model.of.encoder,
            task=task,
            form=model.of.form,
            regime=model.of.regime,
            sources=model.of.sources or tuple(payload["languages"]),
            n_per_language=model.of.n_per_language,
            seed=model.seed,
            labels=() if task == MASKED else tuple(study.labels),
            metric=self._metric(task),
            base=base_of(payload),
            origin=origin_of(model.trained),
            learned=tuple(learned(plan, model.trained, record)),
            settings=dict(settings_of(payload)),
            computed={
                words: record[name]
                for name, words in COMPUTED.items()
                if record.get(name) is not None
            },
            made=_made(files),
            weights=weights if form is None else _counted(weights, form),
            tested=tuple(self._tested(model)),
            seeds=tuple(sorted(one.seed for one in self.models.alike(model))),
            n_truncated=record.get("n_truncated"),
            served=dict(served(model.trained.key, form)) if form is not None else {},
        )

    def _metric(self, task: str) -> str:
        return HEADLINES[MASKED] if task == MASKED else self.opened.study.metric

    def _tested(self, model: Model) -> "Iterator[Evaluation]":
        for cell in model.tests:
            if is_probe(cell) or not self.depth.intervals:
                yield self._evaluation(cell)
                continue
            task, units = cell.columns["task"], self._units(cell)
            by_seed = {model.seed: units, **self._of_other_seeds(model, cell)}
            mean = over_seeds(by_seed, self._metric(task), task)
            yield replace(self._evaluation(cell, units), seeds=mean)

    def _of_other_seeds(self, model: Model, cell: "Cell") -> dict[int, AnyUnits]:
        """The same evaluation of the models that differ in their seed alone."""
        if not self.depth.mean_of_seeds:
            return {}
        return {
            one.seed: self._units(other)
            for one in self.models.alike(model)
            for other in one.tests
            if one.seed != model.seed and _place(other) == _place(cell)
        }

    def _units(self, cell: "Cell") -> AnyUnits:
        step = self.opened.plan.by_key[cell.step]
        labels = step.payload.get("labels", ())
        return units_of_step(self.opened.store.folder(step.key), cell.columns["task"], labels)

    def _evaluation(self, cell: "Cell", units: AnyUnits | None = None) -> Evaluation:
        step, columns = self.opened.plan.by_key[cell.step], cell.columns
        manifest = self.opened.store.manifest(step.key)
        record = manifest["record"] if cell.part is None else manifest["record"]["parts"][cell.part]
        scores = [one for one in record["scores"] if metric_of(one["metric"]) is not None]
        task, probe = columns["task"], is_probe(cell)
        metrics = [one["metric"] for one in scores]
        bounds = intervals_of(units, metrics, task) if units is not None else {}
        return Evaluation(
            step=cell.step,
            task=task,
            language=columns["target_language"],
            split=columns["split"],
            data=dataset_of(self.opened.plan, self._text_of(step, columns["target_language"])),
            time=manifest["made"]["time"],
            version=manifest["made"]["versions"]["isogloss"],
            scores={one["metric"]: _scored(one, bounds.get(one["metric"])) for one in scores},
            n_units=len(units) if units is not None else max(one["n_scored"] for one in scores),
            unit=UNITS.get(task, "texts") if units is not None else "examples",
            gold=gold_words(units, self._metric(task)) if units is not None else None,
            seconds=_seconds(record),
            source=columns["source_languages"][0] if probe else None,
            layer=columns["form"] if probe else None,
        )

    def _text_of(self, step: "Step", language: str) -> "Step":
        """The step that read the text of an evaluation, or one that was made of it."""
        targets = step.payload.get("targets")
        place = 1 if targets is None else 2 + targets.index(language)
        return self.opened.plan.by_key[step.needs[place]]


def _made(manifest: "Mapping[str, Any]") -> dict[str, Any]:
    """When files were made, in how long, and by which versions, those of a runtime among them."""
    made = manifest["made"]
    versions = {**made["versions"], **manifest["record"].get("versions", {})}
    return {"time": made["time"], "seconds": made["seconds"], "versions": versions}


def _counted(weights: Weights, form: "Mapping[str, Any]") -> Weights:
    """The numbers of a form: what no header says, its record does."""
    return replace(weights, n_parameters=weights.n_parameters or form["parameters_after"])


def _place(cell: "Cell") -> tuple[Any, ...]:
    names = ("target_language", "split", "task", "regime")
    return tuple(cell.columns[name] for name in names)


def _scored(score: "Mapping[str, Any]", bounds: Bounds | None) -> Scored:
    low, high = (bounds.low, bounds.high) if bounds else (None, None)
    return Scored(
        score["metric"], score["value"], score["n_scored"], score["n_unscored"], low, high
    )


def _seconds(record: "Mapping[str, Any]") -> float | None:
    """What an evaluation took, where it says so."""
    found = [one["value"] for one in record["scores"] if one["metric"] == "eval_runtime"]
    return found[0] if found else None
