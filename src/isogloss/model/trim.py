"""A model with the part of its vocabulary that given texts need: smaller, and exact on them.

Most weights of a multilingual encoder are rows of its vocabulary that one product never looks up.
Cutting them saves memory, disk and start-up, and no time per text. Any other text is still encoded,
into more pieces than before, so the quality on it has to be measured again.
"""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from isogloss.base.errors import InputError
from isogloss.base.lengths import NO_LIMIT
from isogloss.model.encoder import position_paddings
from isogloss.model.kept import entries_to_keep
from isogloss.model.origin import quiet
from isogloss.model.renumber import fixed_ids, renumbered, vocabulary_ids
from isogloss.model.tokenizer import encode_texts, load_tokenizer
from isogloss.model.words import encode_words

Texts = Sequence[str] | Sequence[Sequence[str]]
"""Texts, or sentences as their words."""

RESERVED = 16
"""Where positions are counted from a padding id below this, all entries before it stay as well."""


class Trimmed(NamedTuple):
    """A smaller model; the one that it was made from is not changed."""

    model: PreTrainedModel
    tokenizer: Any

    kept: int
    """Entries of the vocabulary, added tokens included."""

    before: int


def trim(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Texts) -> Trimmed:
    """Drop the entries of a vocabulary that these texts do not need.

    The texts keep their pieces, which is checked, and so their logits. Special tokens, added
    tokens, single characters and bytes stay, so other texts can still be encoded.

    Args:
        model: a classifier or tagger with one table for its vocabulary.
        tokenizer: its fast tokenizer: WordPiece, Unigram or BPE.
        texts: texts, or sentences as their words; as they will come in use.

    Returns:
        A model and a tokenizer that save as an ordinary folder.

    Raises:
        InputError: if there is no text, the model does not fit the tokenizer, or either is of a
            kind that cannot be cut.
    """
    _check_table(model)
    if not any(part.strip() for part in _parts(texts)):
        raise InputError("There is no text to trim the vocabulary to; give the texts of the study.")
    said = _encoded(tokenizer, texts)
    description = json.loads(tokenizer.backend_tokenizer.to_str())
    order = _order(description, said, _given_up(tokenizer, texts, said), _named_ids(model))
    small = _rebuilt(tokenizer, renumbered(description, order), model.config)
    new = {old: index for index, old in enumerate(order)}
    if not np.array_equal(_encoded(small, texts), [new[old] for old in said.tolist()]):
        raise InputError(
            "The trimmed tokenizer cuts the texts differently from the whole one, so it is not "
            "used. Leave out the serving form 'trimmed' for this encoder."
        )
    return Trimmed(_cut(model, order), small, kept=len(order), before=len(tokenizer))


def _encoded(tokenizer: PreTrainedTokenizerBase, texts: Texts) -> NDArray[np.int32]:
    """The ids of all texts, one after the other, as evaluation and serving make them.

    Whole: what is cut off in training may come in use.
    """
    if all(isinstance(text, str) for text in texts):
        return encode_texts(tokenizer, cast("Sequence[str]", texts), NO_LIMIT).ids
    return encode_words(tokenizer, texts, NO_LIMIT).ids


def _parts(texts: Texts) -> Iterator[str]:
    """Texts, or words."""
    for text in texts:
        yield from [text] if isinstance(text, str) else text


def _order(
    description: Mapping[str, Any],
    said: NDArray[np.int32],
    given_up: Iterable[str],
    named: set[int],
) -> list[int]:
    """The old ids that stay, in the order of the new ones.

    Their order does not change, but added tokens outside the vocabulary follow behind it, where
    the tokenizer would number them by itself.
    """
    ids = vocabulary_ids(description)
    entries = {old: entry for entry, old in ids.items()}
    outside = {token["id"] for token in description["added_tokens"]} - entries.keys()
    wanted = {*np.unique(said).tolist(), *fixed_ids(description), *named}
    used = {entries[old] for old in wanted & entries.keys()}
    kept = entries_to_keep(description["model"], used, given_up)
    return [*sorted(ids[entry] for entry in kept), *sorted(outside)]


def _given_up(
    tokenizer: PreTrainedTokenizerBase, texts: Texts, said: NDArray[np.int32]
) -> set[str]:
    """Words that may have become the unknown token as a whole; none if that never happened."""
    if tokenizer.unk_token_id is None or not (said == tokenizer.unk_token_id).any():
        return set()
    backend = tokenizer.backend_tokenizer
    words: set[str] = set()
    for text in set(_parts(texts)):
        plain = backend.normalizer.normalize_str(text) if backend.normalizer else text
        cut = backend.pre_tokenizer.pre_tokenize_str(plain) if backend.pre_tokenizer else [(plain,)]
        words.update(word for word, *_ in cut)
    return words


def _rebuilt(
    tokenizer: PreTrainedTokenizerBase, description: Mapping[str, Any], config: PreTrainedConfig
) -> Any:
    """The tokenizer as anyone will load it: some classes build parts of it by themselves."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with quiet():
            config.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        (folder / "tokenizer.json").write_text(
            json.dumps(description, ensure_ascii=False), encoding="utf-8"
        )
        small = load_tokenizer(folder)
    small.name_or_path = tokenizer.name_or_path
    return small


def _check_table(model: PreTrainedModel) -> None:
    """Refuse a vocabulary that is looked up in another way, or in more places than one."""
    if model.get_output_embeddings() is not None:
        raise InputError(
            "A model that predicts words cannot be trimmed; give a classifier or tagger."
        )
    if type(table := model.get_input_embeddings()) is not nn.Embedding:
        raise InputError(
            f"{model.config.model_type} keeps its vocabulary in a {type(table).__name__}, which "
            "cannot be trimmed. Leave out the serving form 'trimmed' for this encoder."
        )


def _named_ids(model: PreTrainedModel) -> set[int]:
    """Ids that the configuration or the positions speak of."""
    named = _config_ids(model.config).values()
    ids = {old for value in named for old in (value if isinstance(value, list) else [value])}
    paddings = position_paddings(model)
    before = {old for padding in paddings if padding < RESERVED for old in range(padding)}
    return {old for old in ids if old is not None} | paddings | before


def _config_ids(config: PreTrainedConfig) -> dict[str, Any]:
    return {key: old for key, old in config.to_dict().items() if key.endswith("_token_id")}


def _cut(model: PreTrainedModel, order: Sequence[int]) -> PreTrainedModel:
    """Copy all of a model but the rows that go."""
    new = {old: index for index, old in enumerate(order)}
    table = model.get_input_embeddings()
    if max(order) >= table.num_embeddings:
        raise InputError(
            f"The tokenizer has entries up to {max(order)}, but the model has only "
            f"{table.num_embeddings} rows; give the tokenizer that it was trained with."
        )
    moved = {old for old in position_paddings(model) if new.get(old) != old}
    if moved:
        raise InputError(
            f"{model.config.model_type} counts positions from the id of its padding token "
            f"({min(moved)}), which trimming would move. Leave out the serving form 'trimmed'."
        )
    rows = nn.Embedding(
        len(order),
        table.embedding_dim,
        padding_idx=None if table.padding_idx is None else new.get(table.padding_idx),
        _weight=table.weight.detach()[list(order)],
    ).requires_grad_(table.weight.requires_grad)
    small = copy.deepcopy(model, {id(table): rows})
    small.config.vocab_size = len(order)
    for key, old in _config_ids(model.config).items():
        setattr(small.config, key, _renamed(old, new))
    return small


def _renamed(old: Any, new: Mapping[int, int]) -> Any:
    """The new id for an old one, or for each of several; None where there is none."""
    return [new[one] for one in old if one in new] if isinstance(old, list) else new.get(old)
