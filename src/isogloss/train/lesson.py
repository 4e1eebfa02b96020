"""What a training learns from: examples as parts of steps, and the loss of a part.

The loop and the state of a training know nothing of tasks; a lesson does, and the steps are its
own. Texts with one label each, and sentences with one tag a word, are two lessons; masked text
(`masked_lesson`) and the soft labels of teachers (`soft_lesson`) are two more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from isogloss.data.encoded import Encoded
from isogloss.data.encoded_words import EncodedWords, pad_windows
from isogloss.data.ragged import runs
from isogloss.data.unpadded import lay_row, rows_of
from isogloss.model.unpadded import UnpaddedBatch, token_logits
from isogloss.train.parts import Cutting, Padded, cut_and_pad, row_on_device, step_indices
from isogloss.train.recipe import Recipe

IGNORED = -100
"""Stands where a position has no tag; cross-entropy passes over it."""


class Part(Protocol):
    """Some of a step's examples, side by side on the device."""

    @property
    def input_ids(self) -> Tensor:
        """[batch, longest] Sub-token ids."""

    @property
    def n_tokens(self) -> int:
        """Sub-tokens without padding."""


@final
@dataclass(frozen=True)
class StepOf:
    """What one optimizer step learns from."""

    parts: Sequence[Any]
    """A `Part` each; together they are the step, however it is cut."""

    n_examples: int

    n_taught: tuple[int, ...] = ()
    """Tokens that the teacher of each language reads as well; nothing without teachers."""


class Lesson(Protocol):
    """What is learned from."""

    def __len__(self) -> int:
        """Examples of an epoch."""

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All that decides what is learned, for the identity of a checkpoint."""

    def steps(
        self, recipe: Recipe, *, first_step: int, cutting: Cutting, device: torch.device
    ) -> Iterator[StepOf]:
        """Yield what each step learns from, from step `first_step` on, at least to the last.

        A step is laid on the device only when it is asked for.
        """

    def loss(self, model: PreTrainedModel, part: Any) -> Tensor:
        """Mean loss over a part, in fp32 whatever the model computes with."""

    def size(self, part: Any) -> int:
        """Over how many things the mean of the loss runs; a part of none is passed over."""


class LanguageLesson(Lesson, Protocol):
    """A lesson in several languages, which may listen to how well each is known by now."""

    @property
    def listens(self) -> bool:
        """Whether it needs dev losses."""

    def hear(self, dev_losses: NDArray[np.float64] | None) -> None:
        """Take the newest dev losses, [languages] in nats; they count from the next step on.

        None is the beginning of a training, where nothing was heard.
        """

    def weights(self) -> NDArray[np.float64]:
        """[languages] How much of the loss is the teacher's; a copy."""


@final
@dataclass(frozen=True, eq=False)
class TextLesson:
    """Texts with one label each."""

    encoded: Encoded

    def __len__(self) -> int:
        return len(self.encoded)

    @property
    def ids(self) -> NDArray[np.int32]:
        """[tokens] What is read of the vocabulary."""
        return self.encoded.ids

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Ids, where texts begin, labels."""
        return self.encoded.ids, self.encoded.offsets, self.encoded.labels

    def steps(
        self, recipe: Recipe, *, first_step: int, cutting: Cutting, device: torch.device
    ) -> Iterator[StepOf]:
        """Each epoch in another order, without end."""
        for indices in step_indices(len(self), recipe, first_step=first_step):
            yield StepOf(self.parts(indices, cutting=cutting, device=device), len(indices))

    def parts(
        self, indices: NDArray[np.int64], *, cutting: Cutting, device: torch.device
    ) -> Sequence[Any]:
        """Texts side by side."""
        return cut_and_pad(self.encoded, indices, cutting=cutting, device=device)

    def loss(self, model: PreTrainedModel, part: Any) -> Tensor:
        """Mean cross-entropy over the texts."""
        return functional.cross_entropy(part.logits(model).float(), part.labels)

    def size(self, part: Any) -> int:
        """Texts."""
        return len(part)


@final
@dataclass(frozen=True)
class WindowPart(Padded):
    """Some windows of a step, side by side."""

    tags: Tensor
    """[windows, longest] Tag id at the first sub-token of each word, `IGNORED` elsewhere."""

    n_words: int
    n_tokens: int

    def __len__(self) -> int:
        return self.n_words


@final
@dataclass(frozen=True)
class WindowRow:
    """Some windows of a step, end to end."""

    batch: UnpaddedBatch

    tags: Tensor
    """[words] Tag ids, in the order of their first sub-tokens."""

    def __len__(self) -> int:
        return len(self.tags)

    @property
    def input_ids(self) -> Tensor:
        """[1, width] Ids."""
        return self.batch.input_ids

    @property
    def n_tokens(self) -> int:
        """Sub-tokens without padding."""
        return self.batch.n_tokens

    def logits(self, model: PreTrainedModel) -> Tensor:
        """Return [words, tags]: what is said at the first sub-token of each."""
        return token_logits(model, self.batch)


@final
@dataclass(frozen=True, eq=False)
class TagLesson:
    """Sentences with one tag a word.

    A step holds whole sentences, however many windows they are cut into, and its loss is the mean
    over their words, each once: at its first sub-token, in the window that answers for it.
    """

    encoded: EncodedWords

    def __len__(self) -> int:
        return len(self.encoded)

    @cached_property
    def _lengths(self) -> NDArray[np.int64]:
        """[sentences] Sub-tokens of each, in all its windows."""
        one = self.encoded
        lengths = np.bincount(one.window_sentence, one.lengths, minlength=len(one))
        return lengths.astype(np.int64)

    @property
    def ids(self) -> NDArray[np.int32]:
        """[sub-tokens] What is read of the vocabulary."""
        return self.encoded.ids

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Ids, where windows and sentences begin, tags and their places."""
        one = self.encoded
        return (
            one.ids,
            one.offsets,
            one.window_sentence,
            one.word_offsets,
            one.tags,
            one.word_window,
            one.word_position,
        )

    def steps(
        self, recipe: Recipe, *, first_step: int, cutting: Cutting, device: torch.device
    ) -> Iterator[StepOf]:
        """Each epoch in another order, without end."""
        for indices in step_indices(len(self), recipe, first_step=first_step):
            yield StepOf(self.parts(indices, cutting=cutting, device=device), len(indices))

    def parts(
        self, indices: NDArray[np.int64], *, cutting: Cutting, device: torch.device
    ) -> Sequence[Any]:
        """The windows of this process's sentences, side by side."""
        mine = cutting.share.of(self._lengths[indices])
        step = self.encoded.select(indices[mine])
        tags = _tags_of_windows(step)
        if cutting.first_position is not None:
            rows = rows_of(step.lengths, cutting.max_tokens)
            return [_window_row(step, tags, row, cutting, device) for row in rows]
        windows = cutting.cut(step.lengths)
        return [_window_part(step, tags, one, cutting, device) for one in windows]

    def loss(self, model: PreTrainedModel, part: Any) -> Tensor:
        """Mean cross-entropy over the words."""
        logits = part.logits(model).float()
        return functional.cross_entropy(
            logits.flatten(0, -2), part.tags.flatten(), ignore_index=IGNORED
        )

    def size(self, part: Any) -> int:
        """Words."""
        return len(part)


def _tags_of_windows(encoded: EncodedWords) -> NDArray[np.int64]:
    """[sub-tokens] The tag of the word that begins there, `IGNORED` where none does."""
    tags = np.full(len(encoded.ids), IGNORED, dtype=np.int64)
    tags[encoded.offsets[encoded.word_window] + encoded.word_position] = encoded.tags
    return tags


def _window_part(
    encoded: EncodedWords,
    tags: NDArray[np.int64],
    windows: NDArray[np.int64],
    cutting: Cutting,
    device: torch.device,
) -> WindowPart:
    ids, mask = pad_windows(encoded, windows, cutting.pad_id, cutting.widths)
    places, lengths = runs(encoded.offsets, windows)
    real = np.arange(ids.shape[1]) < lengths[:, None]
    laid = np.full(ids.shape, IGNORED, dtype=np.int64)
    laid[real] = tags[places]
    return WindowPart(
        input_ids=torch.from_numpy(ids).to(device, non_blocking=True),
        attention_mask=None if mask is None else torch.from_numpy(mask).to(device),
        tags=torch.from_numpy(laid).to(device),
        n_words=int((laid != IGNORED).sum()),
        n_tokens=int(lengths.sum()),
    )


def _window_row(
    encoded: EncodedWords,
    tags: NDArray[np.int64],
    windows: NDArray[np.int64],
    cutting: Cutting,
    device: torch.device,
) -> WindowRow:
    row = lay_row(encoded.offsets, windows)
    laid = tags[row.places]
    asked = np.flatnonzero(laid != IGNORED)
    return WindowRow(
        batch=row_on_device(encoded.ids, row, cutting, device, asked),
        tags=torch.from_numpy(laid[asked]).to(device),
    )
