"""What one example and one split of data are, whatever file they came from.

An id is `"<split>/<row index from 0>"`: it stays the same when splits are pooled or sampled, so a
prediction that is stored today is still about the same text tomorrow.
"""

from dataclasses import dataclass
from typing import NamedTuple


class TextExample(NamedTuple):
    """A text and the name of its label."""

    id: str
    text: str
    label: str


class TaggedExample(NamedTuple):
    """The words of a sentence and the tag of each: IOB2 of an entity, or a part of speech."""

    id: str
    tokens: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """The examples of one split of one language, in the order of their file."""

    language: str
    name: str
    examples: tuple[TextExample, ...]


@dataclass(frozen=True)
class TaggedSplit:
    """The tagged sentences of one split of one language, in the order of their file."""

    language: str
    name: str
    examples: tuple[TaggedExample, ...]
    n_repaired: int
    """Tags that broke their scheme and were read as well as they can be."""
