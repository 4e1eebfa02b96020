"""Tokenizers: trained on our own text or loaded, applied to a split, and audited per language.

A tokenizer decides how many pieces a word of each language breaks into, and so the cost and much of
the quality of a language. That is why one trained here sees as much text of each language, and why
the audit speaks about languages and not about the whole.
"""

import random
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import processors
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from isogloss.base.errors import InputError, UnknownName
from isogloss.base.lengths import NO_LIMIT
from isogloss.model.hub import local_copy
from isogloss.model.origin import loading
from isogloss.model.subwords import train_subwords

Algorithm = Literal["wordpiece", "unigram", "bpe"]
Family = Literal["bert", "distilbert", "xlm-roberta", "modernbert"]

FLOOR = 100_000
"""Characters that each language gives even when the smallest language has fewer."""

BATCH = 1024
"""Texts given to the tokenizer at a time; bounds memory."""


class SpecialTokens(NamedTuple):
    """The special tokens of a family, by part; their ids are 0, 1, 2 ... in the order of `ids`."""

    first: str
    last: str
    padding: str
    unknown: str
    mask: str
    ids: tuple[str, ...]


BERT = SpecialTokens(
    "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
)
XLM_ROBERTA = SpecialTokens(
    "<s>", "</s>", "<pad>", "<unk>", "<mask>", ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
)
FAMILIES: dict[str, SpecialTokens] = {
    "bert": BERT,
    "distilbert": BERT,
    "modernbert": BERT,
    "xlm-roberta": XLM_ROBERTA,
}


class EncodedTexts(NamedTuple):
    """Texts as token ids, special tokens included."""

    ids: NDArray[np.int32]
    """[tokens] One text after the other."""

    offsets: NDArray[np.int64]
    """[n + 1] Text `i` is `ids[offsets[i]:offsets[i + 1]]`."""

    truncated: NDArray[np.bool_]
    """[n] Whether the text lost its end."""

    unknown: NDArray[np.int64]
    """[n] Unknown tokens in each text."""


def train_tokenizer(
    texts_by_language: Mapping[str, Sequence[str]],
    *,
    algorithm: Algorithm,
    vocab_size: int,
    family: Family,
    seed: int,
    floor: int = FLOOR,
) -> Any:
    """Train a fast tokenizer on as many characters of each language.

    Every language is cut to the characters of the smallest one, but never below `floor`, so that
    one tiny language does not starve the others; a language below the floor is repeated until it
    gives as many. The result depends on the texts and the arguments only. Normalization is NFC: no
    lower-casing, no stripping.

    Returns:
        A tokenizer that `AutoTokenizer` loads once saved, with the special tokens of the family.

    Raises:
        UnknownName: for an algorithm or family that we do not know.
        InputError: for no text, or a vocabulary too small for the alphabet.
    """
    if family not in FAMILIES:
        raise UnknownName("architecture", family, FAMILIES)
    special = FAMILIES[family]
    chosen = balanced(texts_by_language, seed=seed, floor=floor)
    tokenizer = train_subwords(
        [text for texts in chosen.values() for text in texts],
        algorithm=algorithm,
        vocab_size=vocab_size,
        special=special.ids,
        unknown=special.unknown,
    )
    tokenizer.post_processor = _template(family, tokenizer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token=special.first,
        sep_token=special.last,
        bos_token=special.first,
        eos_token=special.last,
        pad_token=special.padding,
        unk_token=special.unknown,
        mask_token=special.mask,
        model_input_names=["input_ids", "attention_mask"],
    )


def balanced(
    texts_by_language: Mapping[str, Sequence[str]], *, seed: int, floor: int
) -> dict[str, list[str]]:
    """Choose as many characters of each language; the last text chosen may be cut short.

    A language with less text than `floor` characters gives its texts again and again.

    >>> chosen = balanced({"a": ["xx"], "b": ["yyyyy", "zz"]}, seed=0, floor=0)
    >>> {language: len("".join(texts)) for language, texts in chosen.items()}
    {'a': 2, 'b': 2}
    >>> balanced({"a": ["xx"], "b": ["yyyyy"]}, seed=0, floor=5)
    {'a': ['xx', 'xx', 'x'], 'b': ['yyyyy']}
    """
    totals = {name: sum(map(len, set(texts))) for name, texts in texts_by_language.items()}
    empty = sorted(name for name, total in totals.items() if total == 0)
    if empty or not totals:
        where = f" of {', '.join(empty)}" if empty else ""
        raise InputError(f"No text{where} to train a tokenizer on; check the training split.")
    budget = max(floor, min(totals.values()))
    return {
        name: _take(sorted(set(texts_by_language[name])), budget, random.Random(f"{seed}/{name}"))  # noqa: S311
        for name in sorted(totals)
    }


def load_tokenizer(path_or_id: str | Path, *, revision: str = "main") -> Any:
    """Load a fast tokenizer from a folder or the Hub; the Hub's own code is never run.

    Raises:
        InputError: if there is none, it is not a fast one, or it lacks a vocabulary or padding.
        RunError: if the Hub cannot be reached.
    """
    folder = local_copy(path_or_id, revision, weights=False)
    with loading(path_or_id, "tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(
            str(folder), use_fast=True, trust_remote_code=False
        )
    if not getattr(tokenizer, "is_fast", False):
        raise InputError(f"{path_or_id} has no fast tokenizer (tokenizer.json); convert it first.")
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):
        raise InputError(f"{path_or_id} has no vocabulary beside its weights (tokenizer.json).")
    if tokenizer.pad_token_id is None:
        raise InputError(f"The tokenizer of {path_or_id} has no padding token; choose an encoder.")
    return tokenizer


def encode_texts(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_length: int
) -> EncodedTexts:
    """Turn texts into ids of at most `max_length` tokens, and count what was lost on the way."""
    rows: list[NDArray[np.int32]] = []
    truncated: list[bool] = []
    for start in range(0, len(texts), BATCH):
        for encoding in _encode(tokenizer, texts[start : start + BATCH], max_length):
            rows.append(np.array(encoding.ids, dtype=np.int32))
            truncated.append(bool(encoding.overflowing))
    tokenizer.backend_tokenizer.no_truncation()
    unknown = -1 if tokenizer.unk_token_id is None else tokenizer.unk_token_id
    return EncodedTexts(
        ids=np.concatenate([np.empty(0, np.int32), *rows]),
        offsets=np.cumsum([0, *map(len, rows)], dtype=np.int64),
        truncated=np.array(truncated, dtype=np.bool_),
        unknown=np.array([(row == unknown).sum() for row in rows], dtype=np.int64),
    )


def tokenizer_audit(
    tokenizer: PreTrainedTokenizerBase,
    texts_by_language: Mapping[str, Sequence[str]],
    max_length: int,
) -> dict[str, Any]:
    """Say how a tokenizer treats each language.

    Returns:
        `algorithm`, `vocab_size` and `languages`: for each the numbers of `texts`, `words` (between
        spaces) and `tokens` (special ones apart), `fertility` (tokens a word; says little where
        words are not spaced), `tokens_per_character` (spaces apart; comparable everywhere),
        `unknown_share` of tokens, `truncated_share` of texts and `vocabulary_share` of entries
        seen. Shares and rates of nothing are None.
    """
    return {
        "algorithm": type(tokenizer.backend_tokenizer.model).__name__.lower(),
        "vocab_size": len(tokenizer),
        "languages": {
            name: _audit_language(tokenizer, texts, max_length)
            for name, texts in sorted(texts_by_language.items())
        },
    }


def _audit_language(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_length: int
) -> dict[str, float | int | None]:
    whole = encode_texts(tokenizer, texts, max_length=NO_LIMIT)
    lengths = np.diff(whole.offsets)
    tokens = len(whole.ids) - len(texts) * tokenizer.num_special_tokens_to_add()
    words = sum(len(text.split()) for text in texts)
    characters = sum(len("".join(text.split())) for text in texts)
    return {
        "texts": len(texts),
        "words": words,
        "tokens": tokens,
        "fertility": _rate(tokens, words),
        "tokens_per_character": _rate(tokens, characters),
        "unknown_share": _rate(int(whole.unknown.sum()), tokens),
        "truncated_share": _rate(int((lengths > max_length).sum()), len(texts)),
        "vocabulary_share": _rate(len(np.unique(whole.ids)), len(tokenizer)),
    }


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _take(texts: list[str], budget: int, rng: random.Random) -> list[str]:
    """Take texts in random order until `budget` characters are reached, cutting the last.

    The order is gone through again where the texts do not suffice.
    """
    rng.shuffle(texts)
    taken: list[str] = []
    for text in cycle(texts):
        if budget <= 0:
            break
        taken.append(text[:budget])
        budget -= len(text)
    return taken


def _encode(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_length: int
) -> Sequence[Any]:
    encoded = tokenizer(
        list(texts), truncation=True, max_length=max_length, padding=False, verbose=False
    )
    encodings: Sequence[Any] = encoded.encodings
    return encodings


def _template(family: str, tokenizer: Any) -> processors.TemplateProcessing:
    """Put the special tokens around one text, and between two, as the family does."""
    special = FAMILIES[family]
    first, last = special.first, special.last
    middle = f"{last} {last}" if special is XLM_ROBERTA else last
    return processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {middle} $B {last}",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (first, last)],
    )
