"""What a training has learned, to compare two of them."""

import numpy as np
import torch

from isogloss.model.used_entries import entries_of


def weights(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def learned(model, encoded):
    """All weights but the rows of the vocabulary that no text uses: no checkpoint holds those."""
    found, table = weights(model), model.get_input_embeddings()
    (name,) = (name for name, p in model.named_parameters() if p is table.weight)
    used = np.isin(entries_of(model).numpy(), encoded.ids)
    return {**found, name: found[name][torch.from_numpy(used)]}
