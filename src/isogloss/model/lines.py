"""Lines of raw text as sub-tokens, and how many characters of the text each sub-token stands for.

A loss by sub-token says nothing across vocabularies; by character it does, if every character
belongs to one sub-token: spaces and what the tokenizer drops go to the sub-token that follows. What
looks like a special token in the text ("[MASK]" in an article on models) is read as text.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from isogloss.base.errors import InputError
from isogloss.model.words import whole

BATCH = 1024
"""Lines given to the tokenizer at a time; bounds memory."""

PROBE = "a"
"""Any text: what stands around it, stands around every text."""

Indices = NDArray[np.int64]


class EncodedLines(NamedTuple):
    """Lines as sub-token ids, without special tokens."""

    ids: NDArray[np.int32]
    """[tokens] Ids of all lines, one after the other."""

    offsets: Indices
    """[lines + 1] Line `i` is `ids[offsets[i]:offsets[i + 1]]`; a line may have no token."""

    characters: NDArray[np.int32]
    """[tokens] Characters of its line that each token stands for."""

    n_unknown: int
    """Tokens that are the unknown token."""


def encode_lines(tokenizer: PreTrainedTokenizerBase, lines: Sequence[str]) -> EncodedLines:
    """Cut lines into sub-tokens and share their characters out among them.

    A token stands for the characters from the end of the one before it to its own end, the last of
    a line for the rest of the line too, so those of a line that has a token add up to its length. A
    token may stand for none: the later bytes of a character that a byte-level tokenizer cuts.

    Args:
        tokenizer: a fast one; its state is left as it was.
        lines: text without line breaks, normalized or not: characters are counted as given.
    """
    backend = tokenizer.backend_tokenizer
    special, unknown = _special_ids(tokenizer), tokenizer.unk_token_id
    ids: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    characters: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    counts: list[int] = []
    with whole(backend), _read_as_text(backend):
        for start in range(0, len(lines), BATCH):
            batch = lines[start : start + BATCH]
            found = backend.encode_batch(list(batch), add_special_tokens=False)
            ids.append(np.array([i for one in found for i in one.ids], dtype=np.int32))
            characters.append(_characters(batch, found))
            counts.extend(len(one) for one in found)
    flat = np.concatenate(ids)
    if unknown is not None:  # a vocabulary may hold its special tokens as pieces of text
        flat[np.isin(flat, list(special))] = unknown
    return EncodedLines(
        ids=flat,
        offsets=np.cumsum([0, *counts], dtype=np.int64),
        characters=np.concatenate(characters),
        n_unknown=int((flat == unknown).sum()) if unknown is not None else 0,
    )


def frame_of(tokenizer: PreTrainedTokenizerBase) -> tuple[int, int]:
    """Return the ids of the tokens that stand before and after every text (`[CLS]`, `[SEP]`).

    Raises:
        InputError: if the tokenizer puts none there, or several.
    """
    with whole(tokenizer.backend_tokenizer):
        one = tokenizer.backend_tokenizer.encode(PROBE)
    inside = np.flatnonzero(np.array(one.special_tokens_mask) == 0)
    before, after = (inside[0], len(one.ids) - 1 - inside[-1]) if len(inside) else (0, 0)
    if (before, after) != (1, 1):
        raise InputError(
            f"The tokenizer of {tokenizer.name_or_path or 'this encoder'} puts {before} special "
            f"tokens before a text and {after} after it; masked-language modeling needs one on "
            "each side. Choose the tokenizer of an encoder such as BERT or XLM-R."
        )
    return int(one.ids[0]), int(one.ids[-1])


def maskable_ids(tokenizer: PreTrainedTokenizerBase) -> NDArray[np.bool_]:
    """[vocabulary] Whether an id is text that may be masked and asked for.

    Special tokens are not, and the unknown token is not: to guess it is to guess a gap in the
    vocabulary. Nor is an id that no entry has.
    """
    entries = np.fromiter(tokenizer.get_vocab().values(), dtype=np.int64)
    maskable = np.zeros(entries.max(initial=-1) + 1, dtype=np.bool_)
    maskable[entries] = True
    maskable[sorted(_special_ids(tokenizer))] = False
    return maskable


def random_candidates(tokenizer: PreTrainedTokenizerBase) -> Indices:
    """[k] The ids that a random token is drawn from, ascending: all that may be masked."""
    return np.flatnonzero(maskable_ids(tokenizer)).astype(np.int64)


def _special_ids(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Ids of the special tokens, also of those that have no part to play."""
    added = tokenizer.backend_tokenizer.get_added_tokens_decoder()
    return {*tokenizer.all_special_ids, *(i for i, token in added.items() if token.special)}


@contextmanager
def _read_as_text(backend: Any) -> Iterator[None]:
    """Let a tokenizer read what looks like a special token as any other text."""
    before = backend.encode_special_tokens
    backend.encode_special_tokens = True
    try:
        yield
    finally:
        backend.encode_special_tokens = before


def _characters(lines: Sequence[str], found: Sequence[Any]) -> NDArray[np.int32]:
    """[tokens] Characters of each token of a batch.

    All lines that have a token are laid end to end; a token then begins where the one before it
    ends, in whatever line.
    """
    sizes = np.array([len(line) if len(one) else 0 for line, one in zip(lines, found, strict=True)])
    counts = np.array([len(one) for one in found], dtype=np.int64)
    line_ends = np.cumsum(sizes, dtype=np.int64)
    ends = np.array([end for one in found for _, end in one.offsets], dtype=np.int64)
    ends += np.repeat(line_ends - sizes, counts)
    ends[np.cumsum(counts)[counts > 0] - 1] = line_ends[counts > 0]
    return np.diff(np.maximum.accumulate(ends), prepend=0).astype(np.int32)
