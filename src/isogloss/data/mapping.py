"""From raw rows to examples: which column is the text, which the label, and what a label is called.

Labels go by name, never by position. A data set that numbers its classes must be told what the
numbers mean, because the same number means different things in different copies of one data set.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from isogloss.base.errors import InputError, did_you_mean
from isogloss.base.languages import language_code
from isogloss.base.splits import split_name
from isogloss.data.example import Split, TextExample
from isogloss.data.names import POOLED, empty_split, pooled_names
from isogloss.data.source import Row, Rows

MOST_LABELS = 10
"""Labels outside the set that a message names."""

ENOUGH = 1000
"""Rows with such labels after which no more are read: it is not the rows that are wrong."""

LONGEST_LABEL = 60
"""Characters of a label that a message shows."""


@dataclass(frozen=True)
class Columns:
    """Where text and label stand in a row, and how labels are read.

    Attributes:
        labels: the names of the classes; their order is that of our class numbers.
        text: the column of the text.
        label: the column of the label.
        label_names: raw value as text -> name, for data that number or abbreviate their labels.
    """

    labels: tuple[str, ...]
    text: str = "text"
    label: str = "label"
    label_names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.label_names.values()) - set(self.labels))
        if unknown:
            raise InputError(
                f"label_names leads to {', '.join(map(repr, unknown))}, which labels does not "
                f"have.{did_you_mean(unknown[0], self.labels)} Labels: {', '.join(self.labels)}."
            )


def read_split(source: Rows, language: str, split: str, columns: Columns) -> Split:
    """Read a split whole, with ids `"<split>/<row index>"`.

    Raises:
        InputError: the split is missing, broken or empty; a column is missing; a text is no text;
            a label is outside the set. The message names the row, and all labels that are.
    """
    name = split_name(split)
    examples, outside = [], _Outside(columns)
    for row in source.rows(language, split):
        text, label = _text(row, columns), _label(row, columns)
        if label is None:
            outside.note(row)
        else:
            examples.append(TextExample(f"{name}/{row.index}", text, label))
    outside.check()
    if not examples:
        raise empty_split(split, language)
    return Split(language_code(language), name, tuple(examples))


def read_pool(source: Rows, language: str, splits: Sequence[str], columns: Columns) -> Split:
    """Read several splits as one, in the given order; ids keep the name of their own split.

    The name of the pool joins theirs: `"train+validation"`.

    Raises:
        InputError: no split is given, one is given twice, or what `read_split` raises.
    """
    names = pooled_names(splits)
    parts = [read_split(source, language, split, columns) for split in splits]
    examples = tuple(chain.from_iterable(part.examples for part in parts))
    return Split(parts[0].language, POOLED.join(names), examples)


def _column(row: Row, name: str, what: str) -> Any:
    if name not in row.fields:
        raise InputError(
            f"{row.place}: no column {name!r} for the {what}.{did_you_mean(name, row.fields)} "
            f"Columns there: {', '.join(row.fields) or 'none'}.{_remedy(row, what)}"
        )
    return row.fields[name]


def _remedy(row: Row, what: str) -> str:
    if len(row.fields) == 1 and ";" in next(iter(row.fields)):
        return " They are parted by semicolons; save the file with commas, or as .tsv with tabs."
    return f" Name the right one in data.{what}, or rename it."


def _text(row: Row, columns: Columns) -> str:
    value = _column(row, columns.text, "text")
    if not isinstance(value, str):
        raise InputError(
            f"{row.place}: the text in column {columns.text!r} is {_kind(value)}, not a text. "
            "Mend the row, or name another column."
        )
    return value


def _label(row: Row, columns: Columns) -> str | None:
    """The name of a row's label; None where it is outside the set."""
    value = _column(row, columns.label, "label")
    if value is None or isinstance(value, list | dict | bytes):
        raise InputError(
            f"{row.place}: the label in column {columns.label!r} is {_kind(value)}. "
            f"Labels of the study: {', '.join(columns.labels)}."
        )
    raw = _raw(value)
    if raw in columns.label_names:
        return columns.label_names[raw]
    return value if isinstance(value, str) and value in columns.labels else None


def _raw(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Outside:
    """The labels of a split that no name of the study fits."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._first: Row | None = None
        self._counts: Counter[str] = Counter()

    def note(self, row: Row) -> None:
        self._first = self._first or row
        self._counts[_raw(row.fields[self._columns.label])] += 1
        if self._counts.total() == ENOUGH:
            self.check()

    def check(self) -> None:
        if self._first is None:
            return
        first = next(iter(self._counts))
        told = str(_unknown_label(self._first, first, self._columns))
        if self._counts.total() > 1:
            common = self._counts.most_common(MOST_LABELS)
            named = ", ".join(f"{_shown(label)} ({n:,})" for label, n in common)
            more = len(self._counts) - len(common)
            told += f" Rows with such labels here: {named}{f' and {more:,} more' if more else ''}."
        raise InputError(told)


def _shown(label: str) -> str:
    return repr(label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 3]}...")


def _unknown_label(row: Row, raw: str, columns: Columns) -> InputError:
    known = [*columns.labels, *columns.label_names]
    names = ", ".join(f"{key} = {name}" for key, name in columns.label_names.items()) or "none"
    remedy = (
        f"Say what the numbers mean: label_names: {{{_shown(raw)}: {columns.labels[0]}, ...}}."
        if raw.lstrip("-").isdigit() and not columns.label_names
        else "Mend the row, or add the value to labels or label_names."
    )
    return InputError(
        f"{row.place}: the label {_shown(raw)} is outside the set.{did_you_mean(raw, known)} "
        f"Labels: {', '.join(columns.labels)}; label_names: {names}. {remedy}"
    )


def _kind(value: Any) -> str:
    names = {bool: "a truth value", list: "a list", dict: "an object", bytes: "bytes"}
    if value is None:
        return "null"
    return names.get(type(value), f"the number {value}")
