"""The arms of the Trainer: trained by its own loop, read by its own `predict`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from transformers import (
    DataCollatorForLanguageModeling,
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_pt_utils import LengthGroupedSampler, get_length_grouped_indices

from benchmarks.against_trainer.arms import TrainerArm
from benchmarks.against_trainer.job import Evaluated, Job, Trained, now, peak_memory_mb
from benchmarks.against_trainer.models import make_model, model_to_evaluate
from benchmarks.against_trainer.prepared import tests_in, tokenizer_in, train_in
from benchmarks.against_trainer.rows import Row, padded, rows_of
from benchmarks.against_trainer.terms import Terms
from benchmarks.against_trainer.work import lengths_of, read_of, reading_flops, training_flops
from isogloss.model.precision import best_device, native_bf16

COLLATORS: dict[str, Callable[[Any], Any]] = {
    "sentiment": DataCollatorWithPadding,
    "ner": DataCollatorForTokenClassification,
    "mlm": DataCollatorForLanguageModeling,
    "parity": DataCollatorWithPadding,
}


SORTED_AT_ONCE = 50
"""Batches, where there are four times as many or more."""


@final
class InALargeSet(LengthGroupedSampler):
    """Groups by length as it does in a large set, however few rows there are."""

    def __iter__(self) -> Iterator[int]:
        return iter(
            get_length_grouped_indices(
                self.lengths, self.batch_size, SORTED_AT_ONCE, generator=self.generator
            )
        )


@final
class GroupingTrainer(Trainer):
    """The Trainer; `group_by_length` does what it does in a large set."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        sampler = super()._get_train_sampler(train_dataset)
        if isinstance(sampler, LengthGroupedSampler):
            return InALargeSet(sampler.batch_size, lengths=sampler.lengths)
        return sampler


@final
class Stamps(TrainerCallback):
    """When each step was done."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Called by the Trainer."""
        self.at.append(now())


@final
class Counted:
    """A collator that remembers the shape of each batch."""

    def __init__(self, collate: Callable[[Any], Any]) -> None:
        self._collate = collate
        self.rows: list[int] = []
        self.positions: list[int] = []

    def __call__(self, rows: Sequence[Row]) -> Any:
        """Lay rows side by side."""
        batch = self._collate(rows)
        self.rows.append(len(rows))
        self.positions.append(batch["input_ids"].numel())
        return batch


def train(job: Job, arm: TrainerArm, terms: Terms) -> tuple[Trained, Any]:
    """Train from random weights; what was measured, and the model."""
    tokenizer = tokenizer_in(job.folder)
    model = make_model(job.task, job.scale, job.folder, attention=arm.attention, seed=terms.seed)
    split = train_in(job.folder, job.task)
    data = rows_of(split)
    few = _few(arm)
    stop = {"max_steps": 1 + job.scale.few_steps} if few else {}
    stamps, collate = Stamps(), Counted(COLLATORS[job.task](tokenizer))
    make = Trainer if job.task == "parity" else GroupingTrainer
    trainer = make(
        model=model,
        args=arguments(job, {**terms.shared, **arm.options, **stop}),
        train_dataset=_laid(data, job, arm, tokenizer),
        data_collator=collate,
        processing_class=tokenizer,
        callbacks=[stamps],
    )
    loss = trainer.train().training_loss
    first, last = 1 if few else -(-len(data) // terms.batch), len(stamps.at)
    lengths = lengths_of(split)
    epochs = sum(collate.rows[first:last]) / len(data)
    return Trained(
        steps=last - first,
        seconds=stamps.at[-1] - stamps.at[first - 1],
        tokens=round(epochs * sum(lengths)),
        positions=sum(collate.positions[first:last]),
        flops=round(epochs * training_flops(job.task, model.config, lengths, read_of(split))),
        memory_mb=peak_memory_mb(),
        precision=precision_of(arm.options),
        train_loss=loss,
    ), model


def evaluate(job: Job, arm: TrainerArm, terms: Terms) -> dict[str, Evaluated]:
    """Predict each test set in turn; an arm that pads reads a few rows, and says its answers."""
    tokenizer = tokenizer_in(job.folder)
    model = model_to_evaluate(job.task, job.scale, job.folder, attention=arm.attention)
    options = {"per_device_eval_batch_size": terms.batch, **arm.options, **arm.when_predicting}
    trainer = Trainer(
        model=model,
        args=arguments(job, options),
        data_collator=COLLATORS[job.task](tokenizer),
        processing_class=tokenizer,
    )
    tests = tests_in(job.folder, job.task)
    chosen = {code: _chosen(len(test), job, arm) for code, test in tests.items()}
    picked = {code: test.select(chosen[code]) for code, test in tests.items()}
    laid = {code: _laid(rows_of(test), job, arm, tokenizer) for code, test in picked.items()}
    for rows in laid.values():
        trainer.predict(rows if torch.cuda.is_available() else rows[: terms.batch])
    start = now()
    found = {code: trainer.predict(rows).predictions for code, rows in laid.items()}
    seconds = now() - start
    lengths = np.concatenate([test.lengths for test in picked.values()]).tolist()
    asked = [n for test in picked.values() for n in read_of(test)]
    answers = {}
    if arm.padded:  # the others' rows come back in the order of their lengths
        answers = {
            code: dict(zip(chosen[code].tolist(), said.argmax(axis=1).tolist(), strict=True))
            for code, said in found.items()
        }
    told = Evaluated(
        rows=sum(map(len, laid.values())),
        seconds=seconds,
        tokens=sum(lengths),
        flops=reading_flops(job.task, model.config, lengths, asked),
        precision=precision_of(arm.options),
        answers=answers,
    )
    return {job.arm: told}


def arguments(job: Job, options: Mapping[str, Any]) -> TrainingArguments:
    """Nothing is saved, logged or shown, and bf16 is asked for where it is native only."""
    native = native_bf16(best_device().type)[0]
    wanted = {
        name: value and native if name in {"bf16", "bf16_full_eval"} else value
        for name, value in options.items()
    }
    return TrainingArguments(
        output_dir=str(Path(job.scratch) / "trainer"),
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=job.task != "mlm",
        use_cpu=not torch.cuda.is_available(),
        **wanted,
    )


def _few(arm: TrainerArm) -> bool:
    """Whether few steps and rows are timed: of an arm that pads to one length, but for a GPU."""
    return arm.padded and not torch.cuda.is_available()


def precision_of(options: Mapping[str, Any]) -> str:
    """What an arm computes with on this machine."""
    return "bf16" if options.get("bf16") and native_bf16(best_device().type)[0] else "fp32"


def _chosen(n: int, job: Job, arm: TrainerArm) -> Any:
    """Rows to read: all, or a few, others in each round."""
    if not _few(arm):
        return np.arange(n)
    first = job.round * job.scale.few_rows
    return np.unique(np.arange(first, first + min(n, job.scale.few_rows)) % n)


def _laid(rows: list[Row], job: Job, arm: TrainerArm, tokenizer: Any) -> list[Row]:
    return padded(rows, job.scale.max_length, tokenizer.pad_token_id) if arm.padded else rows
