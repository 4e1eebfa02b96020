"""Distillation: learning from teachers of single languages, and from the text as far as one likes.

The language of a window picks its teacher. At each hidden position the loss is the weight times the
distance from the teacher's distribution plus the rest times the cross-entropy to the text's own
token; the weight of each language may change as the student learns (`listening`). Positions that
are not hidden, and padding with them, never come near a loss. A teacher with weight 0 is not run.

A teacher has few windows in a step of many languages, and a small model spends a good part of a
short pass on other things than arithmetic. What comes next is known, so a teacher reads the windows
of several steps at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from isogloss.base.errors import InputError
from isogloss.train.chunks import in_chunks
from isogloss.train.lesson import StepOf
from isogloss.train.listening import Listening
from isogloss.train.masked_lesson import MaskedLesson, MaskedPart, Span, as_bytes, at_places
from isogloss.train.parts import Cutting
from isogloss.train.recipe import Recipe
from isogloss.train.teacher import Reading, Teacher

AHEAD = 8
"""Steps that a teacher reads at once. They begin at multiples of it, so that a training that goes
on from a checkpoint asks its teachers the same questions."""


@final
@dataclass(frozen=True, eq=False)
class Answers:
    """What teachers say about some steps; each is asked when it is first listened to."""

    parts: Sequence[MaskedPart]
    teachers: Sequence[Teacher | None]
    max_tokens: int
    _given: dict[int, dict[int, Any]] = field(default_factory=dict, init=False, repr=False)
    """By language and part."""

    def about(self, at: int, language: int) -> Any:
        """What a language's teacher says about its windows in part number `at`."""
        if language not in self._given:
            self._given[language] = self._ask(language)
        return self._given[language][at]

    def _ask(self, language: int) -> dict[int, Any]:
        teacher = self.teachers[language]
        readings = {
            at: Reading(part, span)
            for at, part in enumerate(self.parts)
            for span in part.spans
            if span.language == language and span.n_places
        }
        if teacher is None:
            return {}
        answers = teacher.answers(list(readings.values()), self.max_tokens)
        return dict(zip(readings, answers, strict=True))


@final
@dataclass(frozen=True)
class SoftPart:
    """Some windows of a step, and how much each language's teacher weighs in it."""

    masked: MaskedPart
    weights: tuple[float, ...]
    """Of the teacher of each span."""
    answers: Answers
    at: int
    """Which part it is to those who answer."""

    @property
    def input_ids(self) -> Tensor:
        """[windows, longest] With some tokens hidden."""
        return self.masked.input_ids

    @property
    def n_tokens(self) -> int:
        """Tokens, padding apart."""
        return self.masked.n_tokens

    def __len__(self) -> int:
        return len(self.masked)


@final
@dataclass(frozen=True, eq=False)
class SoftLesson:
    """Masked windows, each language with its teacher."""

    masked: MaskedLesson
    """Whose windows, hidden where, and the hard labels' loss."""

    teachers: Sequence[Teacher | None]
    """[languages] None where there is nobody to listen to."""

    listening: Listening

    def __post_init__(self) -> None:
        counts = {
            "languages": len(self.masked.corpora),
            "teachers": len(self.teachers),
            "weights": len(self.listening.weights()),
        }
        if len(set(counts.values())) > 1:
            raise InputError(f"Every language has one teacher, or None, and one weight: {counts}.")
        alone = (weight > 0 for weight in self.listening.weights())
        if any(heard and one is None for heard, one in zip(alone, self.teachers, strict=True)):
            raise InputError("A language without a teacher has a weight for soft labels.")

    def __len__(self) -> int:
        return len(self.masked)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Text, teachers and settings."""
        teachers = [array for one in self.teachers if one is not None for array in one.arrays]
        return (*self.masked.arrays, *teachers, as_bytes(self.listening.settings()))

    @property
    def listens(self) -> bool:
        """Whether weights follow dev losses."""
        return self.listening.listens

    def hear(self, dev_losses: NDArray[np.float64] | None) -> None:
        """Weigh the teachers anew; counts from the next step on."""
        self.listening.hear(dev_losses)

    def weights(self) -> NDArray[np.float64]:
        """[languages] The weight of each teacher; a copy."""
        return self.listening.weights()

    def steps(
        self, recipe: Recipe, *, first_step: int, cutting: Cutting, device: torch.device
    ) -> Iterator[StepOf]:
        """Windows as the masked lesson draws them, with the weights that hold when they come."""
        skip = first_step % AHEAD
        steps = self.masked.steps(
            recipe, first_step=first_step - skip, cutting=cutting, device=device
        )
        while group := list(islice(steps, AHEAD)):
            masked = [part for step in group for part in step.parts]
            answers, at = Answers(masked, self.teachers, cutting.max_tokens), 0
            for number, step in enumerate(group):
                if number >= skip:
                    yield self._weighed(step, answers, at)
                at += len(step.parts)
            skip = 0

    def loss(self, model: PreTrainedModel, part: Any) -> Tensor:
        """Mean over what is hidden, soft and hard labels together."""
        return in_chunks(model, at_places(model, part.masked), partial(self._losses, part)).mean()

    def size(self, part: Any) -> int:
        """Hidden tokens."""
        return len(part)

    def _weighed(self, step: StepOf, answers: Answers, first: int) -> StepOf:
        """A step with the weights that hold now."""
        weights = self.listening.weights()
        parts = [
            SoftPart(part, tuple(float(weights[span.language]) for span in part.spans), answers, at)
            for at, part in enumerate(step.parts, start=first)
        ]
        return StepOf(parts, step.n_examples, self._n_taught(parts))

    def _losses(self, part: SoftPart, logits: Tensor, rows: slice) -> Tensor:
        """[rows] The losses at some of the places, language by language."""
        losses = []
        for span, weight in zip(part.masked.spans, part.weights, strict=True):
            start, stop = max(rows.start, span.places.start), min(rows.stop, span.places.stop)
            if start < stop:
                own = logits[start - rows.start : stop - rows.start]
                losses.append(self._of_language(own, part, span, weight, slice(start, stop)))
        return torch.cat(losses)

    def _of_language(
        self, logits: Tensor, part: SoftPart, span: Span, weight: float, places: slice
    ) -> Tensor:
        """The losses at places of one language."""
        teacher = self.teachers[span.language]
        if teacher is None or weight == 0:
            return self.masked.losses(part.masked.labels, logits, places)
        first = span.places.start
        within = slice(places.start - first, places.stop - first)
        soft = teacher.losses(logits, part.answers.about(part.at, span.language), within)
        if weight == 1:
            return soft
        hard = self.masked.losses(part.masked.labels, logits, places)
        return weight * soft + (1 - weight) * hard

    def _n_taught(self, parts: Sequence[SoftPart]) -> tuple[int, ...]:
        """[languages] Tokens that the teacher of each reads."""
        counts = [0] * len(self.teachers)
        for part in parts:
            for span, weight in zip(part.masked.spans, part.weights, strict=True):
                if self._reads(span, weight):
                    counts[span.language] += part.masked.tokens_of(span)
        return tuple(counts)

    def _reads(self, span: Span, weight: float) -> bool:
        teacher = self.teachers[span.language]
        return teacher is not None and teacher.reads and weight > 0 and span.n_places > 0
