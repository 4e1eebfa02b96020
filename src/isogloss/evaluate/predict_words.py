"""What a model says about each word: probabilities of its tags and losses, in the order of words.

Windows are sorted by length and cut by a budget of sub-tokens; each word is answered once, by the
window in which it has most context. How windows are cut into batches does not change what is said
(but by a model in int8, whose ranges are those of the batch).
"""

import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from transformers import PreTrainedModel

from isogloss.data.batches import token_budget
from isogloss.data.encoded_words import EncodedWords, pad_windows
from isogloss.evaluate.predict import Predictions, Said, gather, in_evaluation
from isogloss.model.precision import Precision

Indices = NDArray[np.int64]


def predict_words(
    model: PreTrainedModel,
    encoded: EncodedWords,
    *,
    precision: Precision,
    pad_id: int,
    max_tokens: int,
) -> Predictions:
    """Run a tagger over a split, wherever its weights are; its mode is put back.

    Args:
        model: the tagger.
        encoded: the split; an empty one gives no rows.
        precision: what to compute with; the softmax is fp32 in any case.
        pad_id: the tokenizer's padding token.
        max_tokens: padded sub-tokens in one batch.

    Returns:
        One row a word: probabilities [words, tags] and losses [words].
    """
    parts = token_budget(encoded.lengths, max_tokens)
    words = [_words_of(encoded, part) for part in parts]
    start = time.perf_counter()
    with in_evaluation(model), precision.autocast(model.device):
        said = [
            _say(model, encoded, part, chosen, pad_id)
            for part, chosen in zip(parts, words, strict=True)
        ]
        rows, losses = gather(said, model.config.num_labels)
    runtime = time.perf_counter() - start
    back = np.argsort(np.concatenate([np.empty(0, np.int64), *words]), kind="stable")
    return Predictions(
        probabilities=np.exp(rows)[back],
        losses=losses.astype(np.float64)[back],
        runtime=runtime,
        n_batches=len(parts),
    )


def _words_of(encoded: EncodedWords, windows: Indices) -> Indices:
    """[words] The words that these windows answer for, window by window; they lie side by side."""
    first = np.searchsorted(encoded.word_window, windows, side="left")
    counts = np.searchsorted(encoded.word_window, windows, side="right") - first
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.repeat(first, counts) + within)


def _say(
    model: PreTrainedModel, encoded: EncodedWords, windows: Indices, words: Indices, pad_id: int
) -> Said:
    ids, mask = pad_windows(encoded, windows, pad_id)
    logits = model(
        input_ids=torch.from_numpy(ids).to(model.device),
        attention_mask=None if mask is None else torch.from_numpy(mask).to(model.device),
    ).logits
    row_of = np.empty(len(encoded.lengths), dtype=np.int64)
    row_of[windows] = np.arange(len(windows))
    rows = torch.from_numpy(row_of[encoded.word_window[words]]).to(logits.device)
    places = torch.from_numpy(encoded.word_position[words]).to(logits.device)
    log_probabilities = functional.log_softmax(logits[rows, places].float(), dim=-1)
    gold = torch.from_numpy(encoded.tags[words]).to(logits.device)
    return Said(log_probabilities, functional.nll_loss(log_probabilities, gold, reduction="none"))
