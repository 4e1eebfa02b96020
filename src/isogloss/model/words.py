"""Sentences given as words, turned into windows of sub-tokens in which every word is answered once.

A tokenizer may give a word no sub-token (zero-width and control characters, lone variation
selectors) and a sentence more sub-tokens than an encoder takes. Truncating and skipping would score
each tokenizer on another gold; here such a word gets the unknown token, and a long sentence is cut
into windows that overlap by a quarter, each word answered where its first sub-token has most
context. A sentence that fits is one window: what the tokenizer itself makes of its words.

A byte-level tokenizer reads words given one by one as if nothing parted them, so "Hello", "World"
would become what "HelloWorld" is; there every word is given with a space before it, the first of a
sentence too, so that a word has the same sub-tokens wherever it stands.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from isogloss.base.errors import InputError

BATCH = 1024
"""Sentences given to the tokenizer at a time; bounds memory."""

PROBES = ("a", "the", "1", ".", "de")
"""Words on which it shows whether a tokenizer marks the beginning of a word by itself."""

Indices = NDArray[np.int64]


class EncodedSentences(NamedTuple):
    """Sentences as windows of sub-token ids, special tokens included."""

    ids: NDArray[np.int32]
    """[sub-tokens] Ids of all windows, one after the other."""

    offsets: Indices
    """[windows + 1] Window `i` is `ids[offsets[i]:offsets[i + 1]]`."""

    window_sentence: Indices
    """[windows] The sentence of each window, ascending."""

    word_offsets: Indices
    """[sentences + 1] The words of sentence `i` are `word_offsets[i]` to `word_offsets[i + 1]`."""

    word_window: Indices
    """[words] The window that answers for the word, ascending."""

    word_position: Indices
    """[words] Place of its first sub-token inside that window."""

    n_unknown: int
    """Sub-tokens that are the unknown token."""

    n_empty: int
    """Words that gave no sub-token and got the unknown token."""


class _Windows(NamedTuple):
    """One sentence, cut."""

    windows: list[NDArray[np.int32]]
    word_window: Indices
    word_position: Indices
    n_empty: int


class _Frame(NamedTuple):
    """What stands around the sub-tokens of a window, and how many of them there may be."""

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    room: int
    unknown: int


def encode_words(
    tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Sequence[str]], max_length: int
) -> EncodedSentences:
    """Cut sentences into windows of at most `max_length` sub-tokens, special ones included.

    Args:
        tokenizer: a fast one; its state is left as it was.
        sentences: words of each; one without words has no window.
        max_length: of the encoder.

    Raises:
        InputError: if the tokenizer cannot say which word a sub-token is of, has no token for the
            unknown, or `max_length` leaves no room beside its special tokens.
    """
    check_word_ids(tokenizer, str(tokenizer.name_or_path or "this encoder"))
    backend = tokenizer.backend_tokenizer
    with whole(backend):
        frame = _frame(tokenizer, max_length)
        cut = [_cut(*one, frame) for one in _sub_tokens(backend, sentences)]
    windows = [window for one in cut for window in one.windows]
    counts = np.array([len(one.windows) for one in cut], dtype=np.int64)
    words = np.array([len(one.word_window) for one in cut], dtype=np.int64)
    ids = np.concatenate([np.empty(0, np.int32), *windows])
    return EncodedSentences(
        ids=ids,
        offsets=np.cumsum([0, *map(len, windows)], dtype=np.int64),
        window_sentence=np.repeat(np.arange(len(cut)), counts),
        word_offsets=np.cumsum([0, *words], dtype=np.int64),
        word_window=_join([one.word_window for one in cut])
        + np.repeat(np.cumsum(counts) - counts, words),
        word_position=_join([one.word_position for one in cut]),
        n_unknown=int((ids == frame.unknown).sum()),
        n_empty=sum(one.n_empty for one in cut),
    )


def check_word_ids(tokenizer: PreTrainedTokenizerBase, name: str) -> None:
    """Refuse a tokenizer that cannot say which word a sub-token is of.

    Raises:
        InputError: naming it.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise InputError(
            f"The tokenizer of {name} keeps no word ids or offsets (it is not a fast one), so tags"
            " cannot be laid on its sub-tokens. Convert it to tokenizer.json, or choose another."
        )


@contextmanager
def whole(backend: Any) -> Iterator[None]:
    """Let a tokenizer neither cut nor pad inside the context."""
    truncation, padding = backend.truncation, backend.padding
    backend.no_truncation()
    backend.no_padding()
    try:
        yield
    finally:
        if truncation is not None:
            backend.enable_truncation(**truncation)
        if padding is not None:
            backend.enable_padding(**padding)


def _frame(tokenizer: PreTrainedTokenizerBase, max_length: int) -> _Frame:
    unknown = tokenizer.unk_token_id
    unknown = tokenizer.mask_token_id if unknown is None else unknown
    if unknown is None:
        raise InputError(
            "The tokenizer has neither an unknown nor a mask token to stand for words that it has "
            "no sub-token for; choose another encoder."
        )
    one = tokenizer.backend_tokenizer.encode(
        [tokenizer.convert_ids_to_tokens(unknown)], is_pretokenized=True
    )
    ids, inside = (
        np.array(one.ids, np.int32),
        np.flatnonzero(np.array(one.special_tokens_mask) == 0),
    )
    first, last = ids[: inside[0]], ids[inside[-1] + 1 :]
    room = max_length - len(first) - len(last)
    if room < 1:
        raise InputError(
            f"max_length {max_length} leaves no room beside the {len(first) + len(last)} special "
            "tokens; raise it."
        )
    return _Frame(first, last, room, int(unknown))


def _sub_tokens(
    backend: Any, sentences: Sequence[Sequence[str]]
) -> Iterator[tuple[NDArray[np.int32], Indices, int]]:
    """Ids of each sentence, the word of each id, and how many words there are."""
    before = " " if _glues_words(backend) else ""
    for start in range(0, len(sentences), BATCH):
        batch = sentences[start : start + BATCH]
        given = [[before + word for word in words] for words in batch]
        found = backend.encode_batch(given, is_pretokenized=True, add_special_tokens=False)
        for words, encoding in zip(batch, found, strict=True):
            of_word = np.array(encoding.word_ids, dtype=np.int64)
            yield np.array(encoding.ids, dtype=np.int32), of_word, len(words)


@lru_cache(maxsize=8)
def _glues_words(backend: Any) -> bool:
    """Whether a word alone is cut as if it went on with the word before it; asked once each."""
    return any(
        backend.encode(f"{probe} {probe}", add_special_tokens=False).ids
        != backend.encode([probe, probe], is_pretokenized=True, add_special_tokens=False).ids
        for probe in PROBES
    )


def _cut(ids: NDArray[np.int32], of_word: Indices, n_words: int, frame: _Frame) -> _Windows:
    empty = np.setdiff1d(np.arange(n_words), of_word)
    if len(empty):
        order = np.argsort(np.concatenate([of_word, empty]), kind="stable")
        ids = np.concatenate([ids, np.full(len(empty), frame.unknown, np.int32)])[order]
        of_word = np.concatenate([of_word, empty])[order]
    begins = np.searchsorted(of_word, np.arange(n_words))
    starts = _starts(len(ids), frame.room)
    ends = np.minimum(starts + frame.room, len(ids))
    best = np.searchsorted(ends[:-1] - 1 + starts[1:], 2 * begins, side="left")
    used, word_window = np.unique(best, return_inverse=True)
    return _Windows(
        [np.concatenate([frame.first, ids[starts[at] : ends[at]], frame.last]) for at in used],
        word_window.astype(np.int64),
        begins - starts[best] + len(frame.first),
        len(empty),
    )


def _starts(n: int, room: int) -> Indices:
    """Where windows begin: they overlap by a quarter, and the last is as full as the others.

    >>> _starts(10, 4).tolist(), _starts(4, 4).tolist()
    ([0, 3, 6], [0])
    """
    step = max(1, room - room // 4)
    starts = np.arange(0, max(1, n - room + step), step, dtype=np.int64)
    return np.minimum(starts, max(0, n - room))


def _join(arrays: Sequence[Indices]) -> Indices:
    return np.concatenate([np.empty(0, np.int64), *arrays])
