"""The audit of an opened study, from what its steps have stored: no tokenizer and no model runs.

It says of tokenizers what the models saw: of the splits that were encoded, with the limit of length
that the study has. `isogloss audit` tries the tokenizers themselves, before anything is trained.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np

from isogloss.data.encoded import Encoded
from isogloss.data.encoded_words import EncodedWords
from isogloss.desk.compared import prepared
from isogloss.execute.kinds.data import read_texts
from isogloss.execute.stored_audit import audit_stored
from isogloss.store.step_files import ENCODED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from isogloss.desk.opened import Opened

TOKENIZER = "tokenizer.json"
"""What a trained model calls its tokenizer."""

TWO_AROUND = ("BertProcessing", "RobertaProcessing")
"""Post-processors that put one token before a text and one behind it."""


def audit_of(opened: "Opened") -> dict[str, Any]:
    """Audit what has been read and encoded of a study.

    Returns:
        What `isogloss.execute.audit.audit_study` returns, as far as the store knows it.
        `tokenizers` holds the encoders of which a training is finished; `n_left_out` counts, by
        language, the texts that were cut and so say nothing of fertility.
    """
    found = audit_stored(opened.study, opened.plan, opened.store)
    found["tokenizers"] = tokenizers_of(opened)
    return found


def tokenizers_of(opened: "Opened") -> dict[str, dict[str, Any]]:
    """What the tokenizers of a study made of its texts: that part of `audit_of` alone."""
    return {
        encoder.display: tokenizer
        for encoder in opened.study.encoders
        if (tokenizer := _tokenizer(opened, encoder.display)) is not None
    }


def _tokenizer(opened: "Opened", encoder: str) -> dict[str, Any] | None:
    trained = [step for step in opened.plan.of_kind("train") if step.settings["encoder"] == encoder]
    finished = [step for step in trained if step.key in opened.store]
    if not finished:
        return None
    cutter = Cutter(_json(opened.store.folder(finished[0].key) / TOKENIZER))
    seen: dict[str, list[_Seen]] = {}
    kept = {step.key for step in opened.plan if step.key in opened.store}
    for step in prepared(opened, encoder):
        if {step.key, step.needs[0]} <= kept:
            language = opened.plan.by_key[step.needs[0]].payload["language"]
            seen.setdefault(language, []).append(_seen(opened, step.key, step.needs[0], cutter))
    return {
        "algorithm": cutter.algorithm,
        "vocab_size": cutter.vocab_size,
        "languages": {code: _rates(parts, cutter) for code, parts in sorted(seen.items())},
    }


@final
@dataclass(frozen=True)
class Cutter:
    """What is known of a tokenizer from its file."""

    told: "Mapping[str, Any]"

    @property
    def algorithm(self) -> str:
        """How it cuts: wordpiece, unigram, bpe."""
        return str(self.told["model"]["type"]).lower()

    @cached_property
    def vocab_size(self) -> int:
        """Entries, the added ones too."""
        vocab = self.told["model"]["vocab"]
        inside = {entry[0] for entry in vocab} if isinstance(vocab, list) else set(vocab)
        added = {token["content"] for token in self.told.get("added_tokens", ())}
        return len(inside | added)

    @cached_property
    def n_special(self) -> int:
        """Special tokens that it puts around a text."""
        return _around(self.told.get("post_processor"))


def _around(processor: "Mapping[str, Any] | None") -> int:
    if processor is None:
        return 0
    if processor["type"] == "Sequence":
        return sum(map(_around, processor["processors"]))
    if processor["type"] == "TemplateProcessing":
        special = processor["special_tokens"]
        named = [part["SpecialToken"] for part in processor["single"] if "SpecialToken" in part]
        return sum(len(special[one["id"]]["ids"]) for one in named)
    return 2 if processor["type"] in TWO_AROUND else 0


@final
@dataclass(frozen=True, eq=False)
class _Seen:
    """One encoded split: what counts for fertility, and what does not."""

    rows: int
    n_truncated: int
    n_left_out: int
    words: int
    characters: int
    tokens: int
    """Special ones apart, of the texts that are whole."""
    unknown: int
    shown: int
    """Tokens among which the unknown ones were counted."""
    ids: "npt.NDArray[np.int32]"


def _seen(opened: "Opened", key: str, data: str, cutter: Cutter) -> _Seen:
    path = opened.store.folder(key) / ENCODED
    texts = read_texts(opened.store.folder(data), tagged=opened.study.is_tagging)
    if opened.study.is_tagging:
        return _seen_words(EncodedWords.read(path), texts, cutter)
    encoded = Encoded.read(path)
    whole = ~encoded.truncated
    tokens = int(encoded.lengths[whole].sum() - whole.sum() * cutter.n_special)
    return _Seen(
        rows=len(encoded),
        n_truncated=encoded.n_truncated,
        n_left_out=encoded.n_truncated,
        **_sizes(texts, whole),
        tokens=tokens,
        unknown=int(encoded.unknown[whole].sum()),
        shown=tokens,
        ids=np.unique(encoded.ids),
    )


def _seen_words(encoded: EncodedWords, texts: "Sequence[str]", cutter: Cutter) -> _Seen:
    """Sentences of several windows say nothing of fertility: their windows overlap."""
    windows = np.diff(encoded.sentence_windows)
    whole = windows < 2
    own = whole[encoded.window_sentence]
    return _Seen(
        rows=len(encoded),
        n_truncated=0,
        n_left_out=int((~whole).sum()),
        **_sizes(texts, whole),
        tokens=int(encoded.lengths[own].sum() - own.sum() * cutter.n_special),
        unknown=encoded.n_unknown,
        shown=len(encoded.ids) - len(encoded.lengths) * cutter.n_special,
        ids=np.unique(encoded.ids),
    )


def _sizes(texts: "Sequence[str]", whole: "npt.NDArray[np.bool_]") -> dict[str, int]:
    """Words and characters, spaces apart, of the texts that are whole."""
    cut = [text.split() for text, kept in zip(texts, whole, strict=True) if kept]
    return {"words": sum(map(len, cut)), "characters": sum(len("".join(one)) for one in cut)}


def _rates(parts: "Sequence[_Seen]", cutter: Cutter) -> dict[str, Any]:
    total = {
        name: sum(getattr(part, name) for part in parts)
        for name in ("rows", "words", "characters", "tokens", "unknown", "shown", "n_truncated")
    }
    entries = np.unique(np.concatenate([part.ids for part in parts]))
    return {
        "texts": total["rows"],
        "words": total["words"],
        "tokens": total["tokens"],
        "fertility": _rate(total["tokens"], total["words"]),
        "tokens_per_character": _rate(total["tokens"], total["characters"]),
        "unknown_share": _rate(total["unknown"], total["shown"]),
        "truncated_share": _rate(total["n_truncated"], total["rows"]),
        "vocabulary_share": _rate(len(entries), cutter.vocab_size),
        "n_left_out": sum(part.n_left_out for part in parts),
    }


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _json(path: Path) -> "Mapping[str, Any]":
    told: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told
