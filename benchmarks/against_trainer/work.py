"""FLOPs of what an arm has to do, in closed form: what nobody reads counts as no work.

Forward, 2 for each weight of the body and real token, and attention (`isogloss.efficiency.flops`);
training three times that. Padding is not counted. Of the last layer, tokens that no head reads need
their keys and values only, and a masked language model its head only where something is hidden.
All arms are charged alike, whatever they compute beside it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from transformers import PreTrainedConfig

from isogloss.data.encoded_words import EncodedWords
from isogloss.efficiency.flops import forward_flops, masked_flops

BACKWARD = 3
"""Forward and backward take three times what forward takes."""

HIDDEN = 0.15


def lengths_of(data: Any) -> list[int]:
    """[sequences] Tokens of each, in a split or in the windows of several languages."""
    parts = data if isinstance(data, list) else [data]
    return np.concatenate([part.lengths for part in parts]).tolist()


def read_of(data: Any) -> list[int]:
    """[sequences] How many tokens of each are read when the last layer is done.

    The first of a text, the first of each word, or what is hidden in a window.
    """
    if isinstance(data, list):
        return [round(HIDDEN * length) for length in lengths_of(data)]
    if isinstance(data, EncodedWords):
        return np.bincount(data.word_window, minlength=len(data.lengths)).tolist()
    return [1] * len(data)


def training_flops(
    task: str, config: PreTrainedConfig, lengths: Sequence[int], read: Sequence[int]
) -> int:
    """Of learning once from sequences of these lengths."""
    if task == "mlm":
        whole = masked_flops(config, lengths, round(HIDDEN * sum(lengths)))
        return BACKWARD * (whole - unread_flops(config, lengths, read))
    return BACKWARD * reading_flops(task, config, lengths, read)


def reading_flops(
    task: str, config: PreTrainedConfig, lengths: Sequence[int], read: Sequence[int]
) -> int:
    """Of reading sequences of these lengths once."""
    whole = forward_flops(config, lengths, task="tags" if task == "ner" else "text")
    return whole - unread_flops(config, lengths, read)


def unread_flops(config: PreTrainedConfig, lengths: Sequence[int], read: Sequence[int]) -> int:
    """Of the last layer at tokens that are not read, keys and values apart."""
    h = config.hidden_size
    inner = config.hidden_dim if config.model_type == "distilbert" else config.intermediate_size
    of_token = 2 * (2 * h * h + 2 * h * inner)
    return sum(
        (length - n) * (of_token + 4 * length * h) for length, n in zip(lengths, read, strict=True)
    )
