"""Training with the entries of a vocabulary that the texts use; the others come back after.

Most weights of a multilingual encoder are rows of its vocabulary, and one training looks up a tenth
of them. The others get no gradient, so no moment of Adam ever moves them and clipping does not see
them: all that happens to them is weight decay, which is one product. So leaving them out is exact,
and saves the gradient, two moments and the update of each.

A model that predicts words cannot do without them: each entry is a class there.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

WORTH_IT = 0.8
"""Larger shares of a vocabulary are not worth leaving the rest out."""


@final
class UsedEntries(nn.Embedding):
    """Some rows of a vocabulary, looked up by the ids that they have in all of it."""

    place: Tensor
    """[vocabulary] The row of each id; one past the end for an id that has none."""

    entries: Tensor
    """[rows] The id of each row, ascending."""

    def __init__(self, whole: nn.Embedding, entries: Tensor) -> None:
        place = torch.full((whole.num_embeddings,), len(entries))
        place[entries] = torch.arange(len(entries))
        padding = None if whole.padding_idx is None else int(place[whole.padding_idx])
        rows = whole.weight.detach()[entries].clone()
        super().__init__(len(entries), whole.embedding_dim, padding, _weight=rows)
        self.weight.requires_grad_(whole.weight.requires_grad)
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("entries", entries, persistent=False)

    def forward(self, input: Tensor) -> Tensor:
        """Look ids up; one without a row is an IndexError."""
        return super().forward(self.place[input])


@final
@dataclass(frozen=True)
class PutAside:
    """The whole vocabulary of a model, while it trains with a part."""

    whole: nn.Embedding

    def bring_back(self, model: PreTrainedModel, decay: float) -> None:
        """Give a model its vocabulary again: rows that were used as they are now, others decayed.

        Args:
            model: the one that the vocabulary was taken from.
            decay: what weight decay has made of a weight of 1 that had no gradient.
        """
        used = model.get_input_embeddings()
        if not isinstance(used, UsedEntries):
            raise TypeError("the model has its whole vocabulary")
        with torch.no_grad():
            weight = self.whole.weight
            weight.data = weight.data.to(used.weight.device)
            if used.weight.requires_grad:
                weight.mul_(decay)
            weight[used.entries] = used.weight
        model.set_input_embeddings(self.whole)


def put_aside(model: PreTrainedModel, ids: NDArray[np.integer]) -> PutAside | None:
    """Leave a model only the entries of its vocabulary that are used.

    Args:
        model: a classifier or tagger, changed in place.
        ids: entries that will be looked up, each once or more.

    Returns:
        What brings the others back. None where nothing was done: the model predicts words, most
        of its entries are used, or they are looked up in a way that we do not know.
    """
    whole = model.get_input_embeddings()
    if type(whole) is not nn.Embedding or model.get_output_embeddings() is not None:
        return None
    padding = [] if whole.padding_idx is None else [whole.padding_idx]
    entries = torch.unique(torch.cat([torch.from_numpy(ids).long(), torch.tensor(padding).long()]))
    entries = entries[entries < whole.num_embeddings]  # padding may be past the end, and unread
    if len(entries) > WORTH_IT * whole.num_embeddings or whole.max_norm is not None:
        return None
    model.set_input_embeddings(UsedEntries(whole, entries))
    return PutAside(whole)


def entries_of(model: PreTrainedModel) -> Tensor:
    """[entries] Ids that a model can look up."""
    table = model.get_input_embeddings()
    if isinstance(table, UsedEntries):
        return table.entries.cpu()
    return torch.arange(table.weight.shape[0])
