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


@dataclass(frozen=True)
class Split:
    """The examples of one split of one language, in the order of their file."""

    language: str
    name: str
    examples: tuple[TextExample, ...]
