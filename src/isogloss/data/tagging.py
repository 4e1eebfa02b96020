"""From raw rows to tagged sentences: which columns hold words and tags, and what a tag is called.

Tags go by name, never by position, and end as IOB2 for entities. Every row is checked here, so that
a broken one is named with its file and line before anything is trained.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from isogloss.base.errors import InputError, UnknownName, did_you_mean
from isogloss.base.languages import language_code
from isogloss.data.example import TaggedExample, TaggedSplit
from isogloss.data.names import POOLED, empty_split, pooled_names
from isogloss.data.source import Row, Rows
from isogloss.data.tags import PREFIXES, BadTags, to_iob2
from isogloss.study.tasks import TAG_COLUMNS, span_tags, tags_of

OTHER_NAMES = {"ner_tags": ("ner",), "upos": ("ner_tags",)}
"""What else a built-in reader may call the tags, by the default name."""


@dataclass(frozen=True)
class TagColumns:
    """Where words and tags stand in a row, and how tags are read.

    A built-in reader may call the tags otherwise than a task does by default: a file of CoNLL
    columns calls its last one `ner_tags`, whatever it holds, and the sample says `ner`. Where the
    default column is missing, that one is read (`OTHER_NAMES`); a name of one's own must be there.

    Attributes:
        task: `ner` for entities, `pos` for parts of speech.
        labels: the types of entities, or the parts of speech.
        tokens: the column of the words.
        tags: the column of their tags; `ner_tags` for ner and `upos` for pos if not given.
        scheme: how tags of entities mark beginning and end: `iob1`, `iob2`, `iobes`, `bilou`.
        repair: whether a tag that breaks the scheme is read as well as it can be, and counted.
        tag_names: raw value as text -> tag of the scheme, for data that number or abbreviate their
            tags. `O` leaves a type out.
    """

    task: Literal["ner", "pos"]
    labels: tuple[str, ...]
    tokens: str = "tokens"
    tags: str | None = None
    scheme: str = "iob2"
    repair: bool = False
    tag_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def tag_column(self) -> str:
        """The column of the tags, the task's own where none is named."""
        return self.tags or TAG_COLUMNS[self.task]

    def __post_init__(self) -> None:
        if self.scheme not in PREFIXES:
            raise UnknownName("tagging scheme", self.scheme, PREFIXES)


def read_tagged(
    source: Rows, language: str, splits: Sequence[str], columns: TagColumns
) -> TaggedSplit:
    """Read several splits as one, in the given order; ids keep the name of their own split.

    Raises:
        InputError: a split is missing, empty, given twice or broken; a column is missing; words and
            tags are not as many; a sentence is empty; a tag is none of the task's.
    """
    names = pooled_names(splits)
    examples: list[TaggedExample] = []
    repaired = 0
    for name in names:
        first = len(examples)
        for row in source.rows(language, name):
            example, n = _example(row, name, columns)
            examples.append(example)
            repaired += n
        if len(examples) == first:
            raise empty_split(name, language)
    return TaggedSplit(language_code(language), POOLED.join(names), tuple(examples), repaired)


def _example(row: Row, split: str, columns: TagColumns) -> tuple[TaggedExample, int]:
    tokens = _tokens(row, columns.tokens)
    column = _tag_column(row, columns)
    raw = [_tag(row, at, tag, columns) for at, tag in enumerate(_list(row, column, "tags"), 1)]
    if len(tokens) != len(raw):
        raise InputError(
            f"{row.place}: {len(tokens)} words in {columns.tokens!r} but {len(raw)} tags in "
            f"{column!r}. Give every word one tag."
        )
    if not tokens:
        raise InputError(f"{row.place}: a sentence without words. Fill it or remove the row.")
    tags, repaired = _known(row, raw, columns)
    return TaggedExample(f"{split}/{row.index}", tokens, tags), repaired


def _list(row: Row, name: str, what: str) -> list[Any]:
    """The entries of a column; `what` is also the key of the study that names it."""
    if name not in row.fields:
        raise InputError(
            f"{row.place}: no column {name!r} for the {what}.{did_you_mean(name, row.fields)} "
            f"Columns there: {', '.join(row.fields) or 'none'}. Name it in data.{what}."
        )
    value = row.fields[name]
    if not isinstance(value, list | tuple):
        raise InputError(
            f"{row.place}: the {what} in column {name!r} are no list. Wanted: one entry a word."
        )
    return list(value)


def _tokens(row: Row, name: str) -> tuple[str, ...]:
    words = _list(row, name, "tokens")
    for at, word in enumerate(words, start=1):
        if not isinstance(word, str) or not word:
            what = "empty" if word == "" else f"{word!r}, no text"
            raise InputError(f"{row.place}: word {at} is {what}. Mend it or remove the row.")
    return tuple(words)


def _tag_column(row: Row, columns: TagColumns) -> str:
    name = columns.tag_column
    others = OTHER_NAMES.get(name, ()) if name == TAG_COLUMNS[columns.task] else ()
    return next((one for one in (name, *others) if one in row.fields), name)


def _tag(row: Row, at: int, value: Any, columns: TagColumns) -> str:
    raw = str(value)
    if raw in columns.tag_names and value is not None:
        return columns.tag_names[raw]
    if isinstance(value, int) or raw.isdigit():
        raise InputError(
            f"{row.place}: word {at}: its tag is the number {raw}. Say what all numbers mean: "
            f"data.label_names: {_numbered(columns)}."
        )
    if isinstance(value, str) and value:
        return value
    what = "empty" if value == "" else "null" if value is None else f"{value!r}, no text"
    raise InputError(f"{row.place}: word {at}: its tag is {what}. Mend it or remove the row.")


def _numbered(columns: TagColumns) -> str:
    """How a study says what numbers mean; the true order only its maker knows."""
    known = tags_of(columns.task, columns.labels)
    return f"{{0: {', 1: '.join(known[:2])}, ...}}"


def _known(row: Row, raw: Sequence[str], columns: TagColumns) -> tuple[tuple[str, ...], int]:
    """The tags in IOB2, or as they are, and how many were repaired; all of them the study's."""
    if columns.task == "pos":
        _check(row, raw, columns.labels, columns)
        return tuple(raw), 0
    try:
        tags, repaired = to_iob2(raw, columns.scheme, repair=columns.repair)
    except BadTags as error:
        raise InputError(f"{row.place}: word {error.position + 1}: {error}") from None
    _check(row, tags, span_tags(columns.labels), columns)
    return tags, repaired


def _check(row: Row, tags: Sequence[str], known: Sequence[str], columns: TagColumns) -> None:
    for at, tag in enumerate(tags, start=1):
        if tag not in known:
            name = tag.partition("-")[2] if columns.task == "ner" else tag
            raise InputError(
                f"{row.place}: word {at}: {name!r} is none of the study's labels "
                f"{', '.join(columns.labels)}.{did_you_mean(name, columns.labels)} Add it to "
                f"data.labels, rename it in data.label_names{_left_out(name, columns)}, or mend "
                "the row."
            )


def _left_out(name: str, columns: TagColumns) -> str:
    if columns.task != "ner":
        return ""
    names = ", ".join(f"{letter}-{name}: O" for letter in PREFIXES[columns.scheme])
    return f" ({{{names}}} leaves it out)"
