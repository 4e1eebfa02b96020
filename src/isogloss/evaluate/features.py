"""What a frozen encoder says of each word: one vector a word and layer, in the order of words.

A word is read where a tagger reads it: at its first sub-token, in the window in which it has most
context, once. Nothing is learned here and nothing is random, so one pass over a split serves every
probe of every layer. How windows are cut into batches does not change the vectors but by rounding.

Layer 0 is the embeddings as the first layer gets them, layer i what the i-th layer gives. The last
one, also called -1, is what the encoder gives to a head: after the final normalization, where the
architecture has one (ModernBERT). Layers before it are not normalized there.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from isogloss.base.errors import InputError
from isogloss.data.batches import token_budget
from isogloss.data.encoded_words import EncodedWords, pad_windows
from isogloss.evaluate.predict import in_evaluation
from isogloss.evaluate.predict_words import at_words, words_of
from isogloss.model.precision import Precision


def word_features(
    body: PreTrainedModel,
    encoded: EncodedWords,
    *,
    layers: Sequence[int],
    precision: Precision,
    pad_id: int,
    max_tokens: int,
) -> dict[int, NDArray[np.float32]]:
    """Run an encoder over a split, wherever its weights are; its mode is put back.

    Args:
        body: the encoder; of a model with a head, the encoder is taken.
        encoded: the split; an empty one gives no rows.
        layers: which ones, see above; -1 is the last, -2 the one before it.
        precision: what to compute with; the vectors are fp32 in any case.
        pad_id: the tokenizer's padding token.
        max_tokens: padded sub-tokens in one batch.

    Returns:
        For each layer, by the number that was asked for, [words, width]. Not finite where an
        encoder has diverged.

    Raises:
        InputError: for a layer that the encoder has not.
    """
    encoder = body.base_model
    wanted = _from_zero(layers, int(encoder.config.num_hidden_layers))
    shape = encoded.n_words, int(encoder.config.hidden_size)
    features = {layer: np.empty(shape, np.float32) for layer in wanted}
    with in_evaluation(encoder), precision.autocast(encoder.device):
        for windows in token_budget(encoded.lengths, max_tokens):
            words = words_of(encoded, windows)
            states = _states(encoder, pad_windows(encoded, windows, pad_id), wanted)
            for layer, state in states.items():
                found = at_words(state, encoded, windows, words)
                features[layer][words] = found.float().cpu().numpy()
    return features


def _from_zero(layers: Sequence[int], n_layers: int) -> dict[int, int]:
    """Each layer as it was asked for, and counted from the embeddings on.

    >>> _from_zero([0, -1, 3], 3)
    {0: 0, -1: 3, 3: 3}
    """
    for layer in layers:
        if not -n_layers - 1 <= layer <= n_layers:
            raise InputError(
                f"There is no layer {layer} in an encoder of {n_layers} layers. Ask for one from "
                f"0 (the embeddings) to {n_layers}, or from -1 (the last) back to {-n_layers - 1}."
            )
    return {layer: layer % (n_layers + 1) for layer in layers}


def _states(
    encoder: PreTrainedModel,
    batch: tuple[NDArray[np.int64], NDArray[np.int64] | None],
    wanted: Mapping[int, int],
) -> dict[int, Tensor]:
    """[batch, longest, width] of each layer; only the last one is kept if no other is wanted."""
    ids, mask = batch
    last = int(encoder.config.num_hidden_layers)
    inner = any(at != last for at in wanted.values())
    outputs = encoder(
        input_ids=torch.from_numpy(ids).to(encoder.device),
        attention_mask=None if mask is None else torch.from_numpy(mask).to(encoder.device),
        output_hidden_states=inner,
    )
    return {
        layer: outputs.last_hidden_state if at == last else outputs.hidden_states[at]
        for layer, at in wanted.items()
    }
