"""Test units of one evaluation: what any score needs of each sentence or text, and its gold.

Read from the stored predictions, so a new statistic needs no model. Everything is an array: a test
set of 25,000 words is read in tens of milliseconds, and a unit keeps some dozens of bytes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from isogloss.base.errors import InputError, RunError
from isogloss.stats.spans import span_tallies
from isogloss.stats.tallies import label_tallies
from isogloss.store.step_files import PREDICTIONS
from isogloss.study.tasks import SPAN_TASKS, TAGGING, tags_of

GoldUnit = Literal["spans", "words", "texts"]
"""What the gold of a task is counted in."""


@final
@dataclass(frozen=True, eq=False)
class Units:
    """The test units of one model on one split of one language, in the order of the split."""

    examples: tuple[str, ...]
    """Ids of the sentences or texts."""

    tallies: npt.NDArray[np.int64]
    """`[units, labels, 3]`: hits, predicted, gold; of spans for NER, else of labels. Those of a
    text without a usable prediction are 0, as such texts are left out of scores."""

    offsets: npt.NDArray[np.int64]
    """`[units + 1]`: unit u holds the words `offsets[u]` to `offsets[u + 1]`; a text is one."""

    gold: npt.NDArray[np.int16]
    """`[words]`: id of the gold tag or label of each word."""

    right: npt.NDArray[np.int64]
    """`[units]`: words whose tag or label is right."""

    scored: npt.NDArray[np.int64]
    """`[units]`: words that count in accuracy: all of a sentence, right or not; of a text 1, or 0
    where its prediction is not usable."""

    loss_sums: npt.NDArray[np.float64]
    """`[units]`: sum of the losses that are finite and of a usable prediction, in nats."""

    loss_counts: npt.NDArray[np.int64]
    """`[units]`: how many those are."""

    names: tuple[str, ...]
    """What the gold ids stand for."""

    labels: tuple[str, ...]
    """What the tallies are of: entity types for NER, else the labels."""

    counted_in: GoldUnit
    """What `n_gold` counts."""

    def __len__(self) -> int:
        """Count the units."""
        return len(self.examples)

    @property
    def words(self) -> npt.NDArray[np.int64]:
        """`[units]`: gold words of each unit."""
        return np.diff(self.offsets)

    @property
    def n_words(self) -> int:
        """Gold words; texts, where a text is one."""
        return int(self.offsets[-1])

    @property
    def n_gold(self) -> int:
        """Gold spans, words or texts (see `counted_in`), scored or not."""
        return int(self.tallies[..., 2].sum()) if self.counted_in == "spans" else self.n_words

    @cached_property
    def gold_digest(self) -> str:
        """Digest of units, words and gold: two models scored alike have the same (SHA-256)."""
        digest = hashlib.sha256("\x00".join([*self.names, "", *self.examples]).encode())
        for numbers in (self.offsets, self.gold):
            digest.update(numbers.astype("<i8").tobytes())
        return digest.hexdigest()


def read_units(folder: Path, *, task: str, labels: Sequence[str]) -> Units:
    """Read the stored predictions of one evaluation.

    Args:
        folder: the step's folder, with `predictions.parquet`: a row a word (columns `example`,
            `word`, `gold`, `predicted`, `loss`) for `ner` and `pos`, else a row a text (the same
            without `word`). `predicted` is null where the model said nothing usable: a word is
            then wrong, a text left out, as in the table of results.
        task: `ner` is scored on spans, `pos` by word, anything else by text.
        labels: the study's labels; for `ner` the entity types, whose tags are IOB2.

    Raises:
        InputError: if gold or predictions hold a label that is not among `labels`.
        RunError: if the file cannot be read, is empty, or its rows are not in order.
    """
    path = folder / PREDICTIONS
    columns = ["example", "gold", "predicted", "loss", *(["word"] if task in TAGGING else [])]
    return units_of(read_rows(path, columns), path, task=task, labels=labels)


def units_of(table: pa.Table, path: Path, *, task: str, labels: Sequence[str]) -> Units:
    """Make units of the rows of one evaluation, as `read_units` does.

    Args:
        table: the rows, with the columns that `read_units` names; one without `loss` has units
            without losses.
        path: where the rows come from, for messages.
        task: as in `read_units`.
        labels: as in `read_units`.

    Raises:
        InputError: if gold or predictions hold a label that is not among `labels`.
        RunError: if the rows are not in order.
    """
    names = tags_of(task, labels)
    gold = _ids(table["gold"], names, f"{path}, gold")
    predicted = _ids(table["predicted"], names, f"{path}, predicted")
    if (gold < 0).any():
        raise RunError(f"{path} holds rows without gold; run the evaluation again.")
    offsets = _offsets(table, path)
    losses = _losses(table)
    finite = np.isfinite(losses) & (predicted >= 0)
    counts = np.ones(len(gold), dtype=np.bool_) if task in TAGGING else predicted >= 0
    return Units(
        examples=tuple(table["example"].take(pa.array(offsets[:-1])).to_pylist()),
        tallies=(
            span_tallies(gold, predicted, offsets, names)
            if task in SPAN_TASKS
            else label_tallies(gold, predicted, offsets, len(names))
            * (_sums(counts, offsets) > 0)[:, np.newaxis, np.newaxis]
        ),
        offsets=offsets,
        gold=gold.astype(np.int16),
        right=_sums(gold == predicted, offsets).astype(np.int64),
        scored=_sums(counts, offsets).astype(np.int64),
        loss_sums=_sums(np.where(finite, losses, 0.0), offsets),
        loss_counts=_sums(finite, offsets).astype(np.int64),
        names=names,
        labels=tuple(labels),
        counted_in=_counted_in(task),
    )


def _counted_in(task: str) -> GoldUnit:
    if task in SPAN_TASKS:
        return "spans"
    return "words" if task in TAGGING else "texts"


def read_rows(path: Path, columns: Sequence[str]) -> pa.Table:
    """Read some columns of stored predictions.

    Raises:
        RunError: if the file cannot be read, is empty or lacks one of them.
    """
    try:
        table = pq.read_table(path, columns=list(columns)).combine_chunks()
    except (OSError, pa.ArrowInvalid) as error:
        raise RunError(f"{path} cannot be read ({error}); run the evaluation again.") from error
    lacking = [name for name in columns if name not in table.column_names]
    if lacking or not len(table):
        what = f"lacks the columns {', '.join(lacking)}" if lacking else "is empty"
        raise RunError(f"{path} {what}; run the evaluation again.")
    return table


def _losses(table: pa.Table) -> npt.NDArray[np.float64]:
    """The loss of each row, NaN where none is stored."""
    if "loss" not in table.column_names:
        return np.full(len(table), np.nan)
    return np.asarray(table["loss"].to_numpy(), dtype=np.float64)


def _ids(column: pa.ChunkedArray, names: Sequence[str], place: str) -> npt.NDArray[np.int64]:
    """Turn labels into ids, -1 for null."""
    found = pc.index_in(column, value_set=pa.array(names, pa.string()))
    ids: npt.NDArray[np.int64] = found.fill_null(-1).to_numpy().astype(np.int64)
    if pc.sum(pc.is_null(column)).as_py() != int((ids < 0).sum()):
        strange = set(column.unique().to_pylist()) - {None, *names}
        raise InputError(
            f"{place}: {', '.join(sorted(map(repr, strange)))} is not among the study's labels: "
            f"{', '.join(names)}. Compare with the labels that the predictions were made with."
        )
    return ids


def _offsets(table: pa.Table, path: Path) -> npt.NDArray[np.int64]:
    """Where each unit begins, and behind the last one where it ends."""
    n = len(table)
    if "word" not in table.column_names:
        starts = np.arange(n)
    else:
        words = table["word"].to_numpy()
        starts = np.flatnonzero(words == 0)
        follows = np.diff(words) == 1
        follows[starts[starts > 0] - 1] = True
        within = np.ones(n, dtype=np.bool_)
        within[starts] = False
        same = pc.equal(table["example"].slice(1), table["example"].slice(0, n - 1))
        if words[0] != 0 or not follows.all() or not _true(same)[within[1:]].all():
            raise RunError(f"{path}: its words are not in order; run the evaluation again.")
    examples = table["example"].take(pa.array(starts))
    if len(examples.unique()) != len(examples):
        raise RunError(f"{path} holds an example twice; run the evaluation again.")
    return np.append(starts, n).astype(np.int64)


def _true(column: Any) -> npt.NDArray[np.bool_]:
    return np.asarray(column.to_numpy(), dtype=np.bool_)


def _sums(values: npt.NDArray[Any], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Sum the values of the words of each unit; no unit is empty."""
    return np.add.reduceat(values.astype(np.float64), offsets[:-1])
