"""Teachers: what is asked of one, and the one that reads along, frozen, while the student learns.

A teacher as large as the student costs one pass forward for the student's pass forward and back, so
it reads along at about a third more; keeping its answers pays only where it is much larger
(`cached_targets`).
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, final

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from isogloss.model.masked import hidden_states, logits_of
from isogloss.train.masked_lesson import MaskedPart, Span, as_bytes
from isogloss.train.soft_labels import soft_loss, top_k_loss, top_k_targets


class Teacher(Protocol):
    """Whom a student may listen to in one language."""

    @property
    def reads(self) -> bool:
        """Whether it reads every window as well, which costs."""

    @property
    def arrays(self) -> Iterator[NDArray[Any]]:
        """All that decides what it says, for the identity of a checkpoint."""

    def losses(self, student_logits: Tensor, part: MaskedPart, span: Span) -> Tensor:
        """[hidden] How far the student's logits are from the teacher's, in nats, a number a place.

        Args:
            student_logits: [hidden, V] at the places of `span`.
            part: what the student read.
            span: the windows of the teacher's language.
        """


@final
@dataclass(eq=False)
class OnlineTeacher:
    """A frozen model that reads what the student reads, in the same precision."""

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

    def losses(self, student_logits: Tensor, part: MaskedPart, span: Span) -> Tensor:
        """Of the full distribution, or of the top and the rest."""
        logits = self.logits(part, span)
        if self.top_k is None:
            return soft_loss(student_logits, logits, self.temperature)
        targets = top_k_targets(logits, self.top_k, self.temperature)
        return top_k_loss(student_logits, targets, self.temperature)

    @torch.no_grad()
    def logits(self, part: MaskedPart, span: Span) -> Tensor:
        """[hidden, V] What the teacher says at the places of a span."""
        rows, length = span.windows, part.input_ids.shape[1]
        mask = None if part.attention_mask is None else part.attention_mask[rows]
        model = self._ready(part.input_ids.device)
        hidden = hidden_states(model, part.input_ids[rows], mask)
        places = part.places[span.places] - rows.start * length
        return logits_of(model, hidden.flatten(0, 1).index_select(0, places))

    def _ready(self, device: torch.device) -> PreTrainedModel:
        """The model in the precision that holds here, made at the first call."""
        in_half = torch.is_autocast_enabled(device.type)
        dtype = torch.get_autocast_dtype(device.type) if in_half else None
        if dtype not in self._frozen:
            self._frozen[dtype] = frozen(self.model, dtype).to(device)
        return self._frozen[dtype]


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
