"""From a study and its pins to the plan: data -> tokenizer -> prepare -> train -> evaluate.

What is served in other forms and what is measured follows in `plan/serving.py`.

Read this file for what a step's result hangs on. A version is raised when the code of that kind of
step changes its meaning; old results are then made again instead of being mistaken for new ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, final

from isogloss.plan import labeled
from isogloss.plan.labeled import Splits, data_step, reads, tag_columns, text_columns
from isogloss.plan.pins import Pins
from isogloss.plan.plan import Cell, Plan, Step, TokenizerOf, unique
from isogloss.plan.pretraining import Pretrained, pretraining
from isogloss.plan.runs import Run, is_served, places, runs, task_of
from isogloss.plan.scored import scored
from isogloss.plan.serving import Served, serving
from isogloss.study.encoders import Encoder
from isogloss.study.plugged import family_of
from isogloss.study.spec import identity
from isogloss.study.study import Study

VERSIONS = {**labeled.VERSIONS, "train": 1, "evaluate": 1}
"""Those of other kinds are in `plan/pretraining.py` and `plan/serving.py`."""


def build_plan(study: Study, pins: Pins) -> Plan:
    """All steps of a study, in an order that respects their needs."""
    steps: list[Step] = []
    cells: list[Cell] = []
    tokenizers: dict[str, TokenizerOf] = {}
    pretrained = pretraining(study, pins)
    columns = _columns_of_data(study) if study.encoders else {}
    data = {
        (code, splits): data_step(study.labeled, columns, pins.data[code], (code, splits))
        for code in (study.all_languages if study.encoders else ())
        for splits in reads(study, code)
    }
    steps += [*data.values(), *pretrained.steps]
    cells += pretrained.cells
    served: list[Served] = []
    for encoder in study.encoders:
        desk = _Desk(study, encoder, pins.encoders[encoder.display], data, pretrained)
        steps += desk.preparations()
        tokenizers[encoder.display] = desk.tokenizer_of()
        for run in runs(study):
            train = desk.train(run)
            tests = [desk.evaluate(run, train, *place) for place in places(study)]
            steps += [train, *tests]
            given = _columns(study, encoder, run)
            cells += _cells(study, given, train, tests)
            if is_served(study, run):
                served.append(Served(encoder.display, run.seed, train, given))
    more_steps, more_cells = serving(study, served, data)
    steps, cells = [*steps, *more_steps], [*cells, *more_cells]
    own = scored(study, steps, cells)
    return Plan(
        unique([*steps, *(step for step, _ in own)]),
        tuple(cells),
        tuple(cell for _, cell in own),
        tokenizers,
    )


def _columns_of_data(study: Study) -> dict[str, Any]:
    if study.is_tagging:
        return tag_columns(study.labeled, study.task, study.tag_column, study.labels)
    return text_columns(study.labeled, study.labels)


@final
@dataclass(frozen=True, eq=False)
class _Desk:
    """The steps of one encoder."""

    study: Study
    encoder: Encoder
    pin: Any
    data: Mapping[tuple[str, Splits], Step]
    pretrained: Pretrained

    def preparations(self) -> list[Step]:
        """Tokenizer, if it is to be trained, and the encoded splits of each language."""
        made = [self.tokenizer] if self.encoder.scratch else []
        return [*made, *(self.prepare(*place) for place in self.data)]

    @cached_property
    def tokenizer(self) -> Step:
        """Train a tokenizer on the training text of all source languages."""
        scratch = self.encoder.scratch
        if scratch is None:
            raise ValueError(f"{self.encoder.display} brings its own tokenizer")
        payload = {
            "family": family_of(scratch.architecture),
            "tokenizer": identity(scratch.tokenizer),
            "languages": list(self.study.languages),
            **task_of(self.study),
        }
        needs = tuple(
            self.data[code, self.study.labeled.train_splits].key for code in self.study.languages
        )
        name = self.encoder.display
        return Step(
            "tokenizer", VERSIONS["tokenizer"], payload, needs, title=name, group=f"tok {name}"
        )

    @cache  # noqa: B019 lives as long as the plan is built
    def prepare(self, language: str, splits: Splits) -> Step:
        """Cut the texts of one language into sub-tokens."""
        payload = {
            "tokenizer": self._tokenizer_pin(),
            "max_length": self.study.training.max_length,
            "labels": list(self.study.labels),
            **task_of(self.study),
        }
        name = self.encoder.display
        return Step(
            "prepare",
            VERSIONS["prepare"],
            payload,
            (self.data[language, splits].key, *self._tokenizer_needs()),
            settings=self._where(),
            title=f"{name} {self.data[language, splits].title}",
            group=f"prepare {name}",
        )

    def train(self, run: Run) -> Step:
        """Fine-tune on a drawn sample."""
        study, training = self.study, self.study.training_of(self.encoder)
        payload = {
            "encoder": self._encoder_pin(),
            "training": training.identity,
            "sources": list(run.sources),
            "n_per_language": run.size,
            "shortage": study.sampling.shortage,
            "labels": list(study.labels),
            "seed": run.seed,
            **task_of(study),
        }
        settings = {
            **self._where(),
            "max_tokens": training.max_tokens,
            "save_seconds": training.save_seconds,
            "logging_steps": training.logging_steps,
            "report_to": list(training.report_to),
            "cuda_graphs": training.cuda_graphs,
            "study": study.name,
        }
        needs = [self.prepare(code, study.labeled.train_splits).key for code in run.sources]
        if training.eval_strategy != "no" and study.labeled.dev_split:
            dev = (study.labeled.dev_split,)
            needs += [self.prepare(code, dev).key for code in run.sources]
        needs += [*self._tokenizer_needs(), *self._weights(run)]
        return self._grouped("train", payload, tuple(needs), settings, run, "")

    def evaluate(self, run: Run, train: Step, language: str, split: str) -> Step:
        """Test a trained model on one split of one language."""
        payload = {
            "language": language,
            "split": split,
            "labels": list(self.study.labels),
            **task_of(self.study),
        }
        needs = (train.key, self.prepare(language, (split,)).key)
        settings = {"max_tokens": self.study.evaluation.max_tokens}
        return self._grouped("evaluate", payload, needs, settings, run, f" on {language} {split}")

    def _grouped(
        self,
        kind: str,
        payload: dict[str, Any],
        needs: tuple[str, ...],
        settings: dict[str, Any],
        run: Run,
        suffix: str,
    ) -> Step:
        title = f"{self.encoder.display} {run.title}"
        group = f"{title} of {'+'.join(run.sources)}"
        return Step(kind, VERSIONS[kind], payload, needs, settings, title + suffix, group)

    def tokenizer_of(self) -> TokenizerOf:
        """Where this encoder's tokenizer is to be found."""
        return TokenizerOf(self._tokenizer_pin(), *(self._tokenizer_needs() or (None,)))

    def _tokenizer_pin(self) -> Any:
        if self.encoder.pretrained:
            return self.pretrained.tokenizer_pin
        return "trained" if self.encoder.scratch else self.pin

    def _tokenizer_needs(self) -> tuple[str, ...]:
        if self.encoder.pretrained:
            return self.pretrained.tokenizer_needs
        return (self.tokenizer.key,) if self.encoder.scratch else ()

    def _encoder_pin(self) -> Any:
        return {"step": True} if self.encoder.pretrained else self.pin

    def _weights(self, run: Run) -> tuple[str, ...]:
        """The step that pre-trains this encoder, with the seed of the run."""
        if self.encoder.pretrained is None:
            return ()
        return (self.pretrained.models[self.encoder.pretrained, run.seed].key,)

    def _where(self) -> dict[str, Any]:
        model = self.pretrained.tokenizer_folder if self.encoder.pretrained else self.encoder.model
        return {"model": model, "encoder": self.encoder.display}


def _columns(study: Study, encoder: Encoder, run: Run) -> dict[str, Any]:
    return {
        "study": study.name,
        "encoder": encoder.display,
        "task": study.task,
        "regime": run.regime,
        "source_languages": list(run.sources),
        "n_per_language": run.size,
        "seed": run.seed,
    }


def _cells(
    study: Study, columns: Mapping[str, Any], train: Step, tests: list[Step]
) -> Iterator[Cell]:
    of_training = {"target_language": None, "split": "train", "form": None}
    yield Cell(train.key, {**columns, **of_training})
    for (code, split), step in zip(places(study), tests, strict=True):
        of_test = {"target_language": code, "split": split, "form": "torch"}
        yield Cell(step.key, {**columns, **of_test})
