"""Teachers: what is asked of one, and the one that reads along, frozen, while the student learns.

A teacher as large as the student costs one pass forward for the student's pass forward and back, so
it reads along at about a third more; keeping its answers pays only where it is much larger
(`cached_targets`).
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from isogloss.model.masked import logits_of, states_at
from isogloss.model.unpadded import narrows
from isogloss.train.masked_lesson import MaskedPart, Span, as_bytes
from isogloss.train.soft_labels import soft_loss, top_k_loss, top_k_targets

ALL = slice(None)


class Reading(NamedTuple):
    """Windows of a teacher's language in some part."""

    part: MaskedPart
    span: Span


class Teacher(Protocol):
    """Whom a student may listen to in one language."""

    @property
    def reads(self) -> bool:
        """Whether it reads every window as well, which costs."""

    @property
    def arrays(self) -> Iterator[NDArray[Any]]:
        """All that decides what it says, for the identity of a checkpoint."""

    def answers(self, readings: Sequence[Reading], max_tokens: int) -> list[Any]:
        """What it has to say about each reading, in the form that `losses` takes.

        Args:
            readings: of one step or several; together they are cheaper.
            max_tokens: tokens that fit the device at once.
        """

    def losses(self, student_logits: Tensor, answer: Any, rows: slice = ALL) -> Tensor:
        """[rows] How far a student's logits, [rows, V], are from rows of an answer, in nats."""


@final
@dataclass(eq=False)
class OnlineTeacher:
    """A frozen model that reads what the student reads, in the same precision.

    An answer is the state of its body at the hidden positions, [hidden, d]; the head, which makes
    a number for every entry of the vocabulary of it, runs when the student has its own.
    """

    model: PreTrainedModel
    """It is not changed, and its weights must not change while it teaches."""

    temperature: float = 1.0

    top_k: int | None = None
    """Compare the teacher's most probable tokens and one bucket of all others; None: all."""

    _frozen: dict[torch.dtype | None, PreTrainedModel] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def reads(self) -> bool:
        """Yes."""
        return True

    @property
    def arrays(self) -> Iterator[NDArray[Any]]:
        """Its weights, one at a time, and settings."""
        for _, weight in sorted(self.model.state_dict().items()):
            yield weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        yield as_bytes({"temperature": self.temperature, "top_k": self.top_k})

    @torch.no_grad()
    def answers(self, readings: Sequence[Reading], max_tokens: int) -> list[Tensor]:
        """Read windows of one length together, as many at once as fit."""
        found: list[Tensor] = [torch.empty(0)] * len(readings)
        of_length: dict[int, list[int]] = {}
        for at, reading in enumerate(readings):
            of_length.setdefault(reading.part.input_ids.shape[1], []).append(at)
        for length, alike in of_length.items():
            some = [readings[at] for at in alike]
            states = self._read(some, max(1, max_tokens // length))
            pieces = torch.split(states, [one.span.n_places for one in some])
            for at, piece in zip(alike, pieces, strict=True):
                found[at] = piece
        return found

    def losses(self, student_logits: Tensor, answer: Any, rows: slice = ALL) -> Tensor:
        """Of the full distribution, or of the top and the rest."""
        logits = self.logits(answer[rows])
        if self.top_k is None:
            return soft_loss(student_logits, logits, self.temperature)
        targets = top_k_targets(logits, self.top_k, self.temperature)
        return top_k_loss(student_logits, targets, self.temperature)

    @torch.no_grad()
    def logits(self, answer: Tensor) -> Tensor:
        """[hidden, V] What the teacher says, given the state of its body."""
        return logits_of(self._ready(answer.device), answer)

    def _read(self, readings: Sequence[Reading], n_at_once: int) -> Tensor:
        """[hidden, d] The state of the body at the hidden positions of windows of one length."""
        ids = torch.cat([part.input_ids[span.windows] for part, span in readings])
        model, narrow = self._ready(ids.device), narrows(self.model)
        mask, places = _masks(readings), _places(readings)
        n_hidden = [part.n_hidden[span.windows] for part, span in readings]
        before = np.concatenate([[0], *n_hidden]).cumsum()
        states = []
        for start in range(0, len(ids), n_at_once):
            stop = min(start + n_at_once, len(ids))
            asked = places[before[start] : before[stop]] - start * ids.shape[1]
            real = None if mask is None else mask[start:stop]
            states.append(states_at(model, ids[start:stop], real, asked, narrow=narrow))
        return torch.cat(states)

    def _ready(self, device: torch.device) -> PreTrainedModel:
        """The model in the precision that holds here, made at the first call."""
        in_half = torch.is_autocast_enabled(device.type)
        dtype = torch.get_autocast_dtype(device.type) if in_half else None
        if dtype not in self._frozen:
            self._frozen[dtype] = frozen(self.model, dtype).to(device)
        return self._frozen[dtype]


def _masks(readings: Sequence[Reading]) -> Tensor | None:
    """[windows, length] 1 on tokens; None where nothing is padding."""
    if all(part.attention_mask is None for part, _ in readings):
        return None
    return torch.cat(
        [
            torch.ones_like(part.input_ids[span.windows])
            if part.attention_mask is None
            else part.attention_mask[span.windows]
            for part, span in readings
        ]
    )


def _places(readings: Sequence[Reading]) -> Tensor:
    """[hidden] The hidden positions, counted through the windows of all readings."""
    places, windows = [], 0
    for part, span in readings:
        moved = (windows - span.windows.start) * part.input_ids.shape[1]
        places.append(part.places[span.places] + moved)
        windows += span.windows.stop - span.windows.start
    return torch.cat(places)


def frozen(model: PreTrainedModel, dtype: torch.dtype | None) -> PreTrainedModel:
    """Return a model that says what `model` says under autocast to `dtype`, cast once for all.

    Autocast casts the weights of linear layers at each use, and remembers that only for weights
    that learn; here it finds nothing left to cast. All other tensors are shared with `model`, which
    is not changed.

    Args:
        model: any.
        dtype: what autocast computes in; None for no autocast.
    """
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    twin: PreTrainedModel = copy.deepcopy(model, shared)
    for module in twin.modules():
        if isinstance(module, nn.Linear) and dtype is not None:
            for name, weight in module.named_parameters(recurse=False):
                cast = weight.detach().to(dtype)
                setattr(module, name, nn.Parameter(cast, requires_grad=False))
    return twin.eval()
