"""How far a student listens to each language's teacher, as it learns.

A teacher of a small language may be weaker than a student that knows many languages, and then its
labels hold the student back. Tan et al. (2019, "Multilingual Neural Machine Translation with
Knowledge Distillation") stop listening to a teacher that is outdone by a threshold of BLEU, or
halve its weight for each point of BLEU beyond it; here the measure is the loss on dev text, in
nats, where less is better.

The weights are a function of the newest dev losses alone, which the journal of a training keeps, so
a training that goes on from a checkpoint listens as the unbroken one would.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, final

import numpy as np
from numpy.typing import NDArray

from isogloss.base.errors import InputError

Losses = NDArray[np.float64]


class Policy(Protocol):
    """How the teachers' weights follow from dev losses."""

    @property
    def listens(self) -> bool:
        """Whether dev losses change anything."""

    @property
    def weight(self) -> float:
        """The weight before the first dev losses, and the highest: who knows nothing listens."""

    def weights(self, students: Losses, teachers: Losses) -> Losses:
        """[languages] Weights of the teachers, given dev losses of both sides, in nats."""


@final
@dataclass(frozen=True)
class Fixed:
    """The same weight throughout.

    >>> Fixed(0.5).weights(np.array([4.0, 3.0]), np.array([3.5, 3.5])).tolist()
    [0.5, 0.5]
    """

    weight: float = 1.0

    @property
    def listens(self) -> bool:
        """No."""
        return False

    def weights(self, students: Losses, teachers: Losses) -> Losses:
        """The weight for each language."""
        del teachers
        return np.full(len(students), self.weight)


@final
@dataclass(frozen=True)
class Threshold:
    """Listen only to who is better than oneself by more than a margin, in nats.

    >>> Threshold(weight=1.0, margin=0.1).weights(np.array([4.0, 3.55]), np.full(2, 3.5)).tolist()
    [1.0, 0.0]
    """

    weight: float = 1.0
    margin: float = 0.0

    @property
    def listens(self) -> bool:
        """Yes."""
        return True

    def weights(self, students: Losses, teachers: Losses) -> Losses:
        """The weight, or 0."""
        return np.where(students > teachers + self.margin, self.weight, 0.0)


@final
@dataclass(frozen=True)
class Adaptive:
    """Listen less the further one comes past the teacher's loss plus `slack`, in nats.

    The weight halves for every `halving` nats.

    >>> adaptive = Adaptive(weight=1.0, slack=0.2, halving=0.1)
    >>> adaptive.weights(np.array([4.0, 3.7, 3.6, 3.5]), np.full(4, 3.5)).round(6).tolist()
    [1.0, 1.0, 0.5, 0.25]
    """

    weight: float = 1.0
    slack: float = 0.0
    halving: float = 0.1

    def __post_init__(self) -> None:
        if self.halving <= 0:
            raise InputError(f"halving is {self.halving} nats; give more than 0.")

    @property
    def listens(self) -> bool:
        """Yes."""
        return True

    def weights(self, students: Losses, teachers: Losses) -> Losses:
        """The weight, halved as often as the student is past."""
        past = np.maximum(0.0, teachers + self.slack - students)
        return np.asarray(self.weight * 2.0 ** (-past / self.halving))


@final
@dataclass
class Listening:
    """The weights of all teachers at this point of a training."""

    policy: Policy

    teacher_losses: Sequence[float | None]
    """Dev loss of each language's teacher, in nats; None for a language without a teacher, which is
    never listened to. A policy that does not listen needs no numbers: give NaN."""

    _weights: Losses = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.policy.weight <= 1:
            raise InputError(f"The weight of soft labels is {self.policy.weight}; give 0 to 1.")
        known = [loss for loss in self.teacher_losses if loss is not None]
        if self.policy.listens and not np.isfinite(known).all():
            raise InputError(
                f"{type(self.policy).__name__} compares dev losses, but those of the teachers are "
                f"{known}. Give every teacher's loss on its language's dev text."
            )
        self._weights = self._at_first()

    @property
    def listens(self) -> bool:
        """Whether dev losses change anything."""
        return self.policy.listens

    def hear(self, dev_losses: Losses | None) -> None:
        """Weigh the teachers anew, [languages] losses of the student in nats; None: as at first."""
        if dev_losses is None:
            self._weights = self._at_first()
            return
        teachers = np.array([np.nan if loss is None else loss for loss in self.teacher_losses])
        self._weights = self._of_teachers(self.policy.weights(dev_losses, teachers))

    def weights(self) -> Losses:
        """[languages] The weight of each teacher in the loss, from 0 to 1; a copy."""
        return self._weights.copy()

    def settings(self) -> dict[str, Any]:
        """What decides the weights, beside dev losses; JSON-able.

        Not the losses of teachers: they follow from the teachers, and their last digits change with
        the number of threads; with another one a training still goes on from its checkpoint.
        """
        has_teacher = [loss is not None for loss in self.teacher_losses]
        return {
            "policy": type(self.policy).__name__,
            **asdict(self.policy),  # type: ignore[call-overload]
            "teacher_losses": [],  # as checkpoints know it
            "has_teacher": has_teacher,
        }

    def _at_first(self) -> Losses:
        return self._of_teachers(np.full(len(self.teacher_losses), self.policy.weight))

    def _of_teachers(self, weights: Losses) -> Losses:
        has_teacher = np.array([loss is not None for loss in self.teacher_losses], dtype=np.bool_)
        return np.where(has_teacher, weights, 0.0)
