"""What a model says about each word: probabilities of its tags and losses, in the order of words.

Windows are sorted by length, cut by a budget of sub-tokens and read end to end where the model can;
each word is answered once, by the window in which it has most context. How windows are cut into
batches does not change what is said (but by a model in int8, whose ranges are those of the batch).
"""

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from isogloss.data.batches import token_budget
from isogloss.data.encoded_words import EncodedWords, pad_windows
from isogloss.data.ragged import Indices, starts_of, stretches
from isogloss.data.unpadded import lay_row, rows_of
from isogloss.evaluate.predict import Predictions, Said, answer, batch_of, logits_of, said_of
from isogloss.model.precision import Precision
from isogloss.model.unpadded import reads_unpadded, token_logits


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
        max_tokens: padded sub-tokens in one batch; a row read end to end may be 6 % wider.

    Returns:
        One row a word: probabilities [words, tags] and losses [words].
    """
    unpadded = reads_unpadded(model)
    say = _end_to_end if unpadded else _side_by_side
    parts = (rows_of if unpadded else token_budget)(encoded.lengths, max_tokens)
    words = [words_of(encoded, part) for part in parts]

    def said(part: Indices, rows: Indices) -> Said:
        return said_of(say(model, encoded, part, rows, pad_id), encoded.tags[rows])

    return answer(model, said, precision=precision, parts=parts, rows=words)


def _side_by_side(
    model: PreTrainedModel, encoded: EncodedWords, windows: Indices, words: Indices, pad_id: int
) -> Tensor:
    logits = logits_of(model, *pad_windows(encoded, windows, pad_id))
    return at_words(logits, encoded, windows, words)


def _end_to_end(
    model: PreTrainedModel, encoded: EncodedWords, windows: Indices, words: Indices, pad_id: int
) -> Tensor:
    del pad_id  # a row is filled up with its own last token
    row = lay_row(encoded.offsets, windows)
    first = np.empty(len(encoded.lengths), dtype=np.int64)
    first[windows[row.order]] = starts_of(row.lengths)
    places = first[encoded.word_window[words]] + encoded.word_position[words]
    order = np.argsort(places)
    logits = token_logits(model, batch_of(model, encoded.ids, row, asked=places[order]))
    return logits[np.argsort(order)]


def words_of(encoded: EncodedWords, windows: Indices) -> Indices:
    """[words] The words that these windows answer for, window by window; they lie side by side."""
    first = np.searchsorted(encoded.word_window, windows, side="left")
    counts = np.searchsorted(encoded.word_window, windows, side="right") - first
    return stretches(first, counts)


def at_words(values: Tensor, encoded: EncodedWords, windows: Indices, words: Indices) -> Tensor:
    """[words, ...] What stands at the first sub-token of each word, where its window answers.

    Args:
        values: [windows, longest, ...] anything by sub-token, on any device.
        encoded: the split.
        windows: which ones `values` holds, in this order.
        words: words that these windows answer for.
    """
    row_of = np.empty(len(encoded.lengths), dtype=np.int64)
    row_of[windows] = np.arange(len(windows))
    rows = torch.from_numpy(row_of[encoded.word_window[words]]).to(values.device)
    places = torch.from_numpy(encoded.word_position[words]).to(values.device)
    return values[rows, places]
