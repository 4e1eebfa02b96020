"""What a scenario asks of a model: tokenize, compute, and say the answer, each timed apart."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Sample = str | Sequence[str]
"""A text, or the words of a sentence."""


class Pieces(NamedTuple):
    """Samples as token ids. A long sentence may take several windows; a text is one window."""

    ids: NDArray[np.int32]
    """[sub-tokens] One window after the other, special tokens included."""

    offsets: Indices
    """[windows + 1] Window `i` is `ids[offsets[i]:offsets[i + 1]]`."""

    words: Any = None
    """`EncodedSentences`, which say where the answer for each word stands; None for texts."""

    @property
    def lengths(self) -> Indices:
        """[windows] Tokens of each window."""
        return np.diff(self.offsets)


class Answering(Protocol):
    """A model that is loaded."""

    def running(self) -> AbstractContextManager[None]:
        """Enter what computing needs (inference mode, precision); once around many calls."""

    def encode(self, samples: Sequence[Sample]) -> Pieces:
        """Tokenize."""

    def forward(self, pieces: Pieces, part: Indices) -> NDArray[np.int64]:
        """Compute some windows; [windows] or [windows, longest] label ids in main memory."""

    def decode(
        self, pieces: Pieces, parts: Sequence[Indices], said: Sequence[NDArray[np.int64]]
    ) -> list[Any]:
        """Return a label a text, or a list of tags a sentence, in the order of the samples."""


def answer(answering: Answering, samples: Sequence[Sample]) -> list[Any]:
    """Answer a few samples in one batch, as a server would."""
    pieces = answering.encode(samples)
    every = np.arange(len(pieces.lengths))
    return answering.decode(pieces, [every], [answering.forward(pieces, every)])
