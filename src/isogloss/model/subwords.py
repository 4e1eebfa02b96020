"""Train a vocabulary of sub-tokens: WordPiece, Unigram or byte-level BPE, alike in every process.

All three normalize to NFC and nothing else: lower-casing and stripping accents merge different
words in many languages, and removing format characters breaks Persian and Indic scripts. The
trainers number some of their entries in the order of a hash table that differs from process to
process; what hangs on that order is put into a canonical one here.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from isogloss.base.errors import InputError, UnknownName

CONTINUING = "##"
WORDS = r" ?[\p{L}\p{M}\p{N}\u200c\u200d]+| ?[^\s\p{L}\p{M}\p{N}\u200c\u200d]+|\s+"
PENALTY = 1e-4
"""Unigram's trainer gives characters that it must add the lowest score plus multiples of this."""


def train_subwords(
    texts: Sequence[str], *, algorithm: str, vocab_size: int, special: Sequence[str], unknown: str
) -> Tokenizer:
    """Train on these texts; the entries of `special` take the first ids, in order.

    Raises:
        UnknownName: if no such algorithm is known.
        InputError: if the vocabulary cannot hold the alphabet.
    """
    if algorithm not in ALGORITHMS:
        raise UnknownName("tokenizer algorithm", algorithm, ALGORITHMS)
    try:
        tokenizer = ALGORITHMS[algorithm](texts, vocab_size, list(special), unknown)
    except InputError:
        raise
    except Exception as error:  # the trainers raise bare Exception
        raise InputError(
            f"Training a {algorithm} tokenizer of vocab_size {vocab_size} failed: {error}. "
            "A vocab_size must be above the number of different characters and below what the "
            "text can fill."
        ) from error
    tokenizer.add_special_tokens(list(special))
    return tokenizer


def _wordpiece(
    texts: Sequence[str], vocab_size: int, special: list[str], unknown: str
) -> Tokenizer:
    """Words are cut at spaces, punctuation and around each Chinese character.

    Half of the vocabulary at most goes to single characters, each of which has two entries (it may
    begin a word or continue one). Without the cut around Chinese characters a whole sentence would
    be one unknown word.
    """
    tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), _space_around_chinese()])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    alphabet = _alphabet(tokenizer, texts, limit=(vocab_size - len(special)) // 4)
    first = [*special, *alphabet, *(CONTINUING + character for character in alphabet)]
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        special_tokens=first,
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    vocabulary = tokenizer.get_vocab()
    fresh = Tokenizer(models.WordPiece(vocabulary, unk_token=unknown))
    fresh.normalizer, fresh.pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    fresh.decoder = decoders.WordPiece(prefix=CONTINUING)
    return fresh


def _unigram(texts: Sequence[str], vocab_size: int, special: list[str], unknown: str) -> Tokenizer:
    """Words are cut at spaces and begin with a mark, as in SentencePiece."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=vocab_size, special_tokens=special, unk_token=unknown, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    pieces = _canonical_pieces(_pieces(tokenizer), special)
    fresh = Tokenizer(models.Unigram(pieces, unk_id=special.index(unknown), byte_fallback=False))
    fresh.normalizer, fresh.pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    fresh.decoder = decoders.Metaspace()
    return fresh


def _bpe(texts: Sequence[str], vocab_size: int, special: list[str], unknown: str) -> Tokenizer:
    """Pairs of bytes are merged inside words, so no text has an unknown token.

    GPT-2's pattern tears the vowel signs of Indic scripts off their consonants; this one does not.
    """
    del unknown
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    bytes_ = pre_tokenizers.ByteLevel.alphabet()
    if vocab_size < len(bytes_) + len(special):
        raise InputError(
            f"vocab_size {vocab_size} is too small for byte-level BPE: "
            f"{len(bytes_)} bytes and {len(special)} special tokens come first."
        )
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=special,
        initial_alphabet=sorted(bytes_),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


ALGORITHMS: dict[str, Callable[[Sequence[str], int, list[str], str], Tokenizer]] = {
    "wordpiece": _wordpiece,
    "unigram": _unigram,
    "bpe": _bpe,
}


def _space_around_chinese() -> Any:
    return normalizers.BertNormalizer(
        clean_text=False, handle_chinese_chars=True, strip_accents=False, lowercase=False
    )


def _alphabet(tokenizer: Tokenizer, texts: Sequence[str], *, limit: int) -> list[str]:
    """Return the most frequent characters, in a fixed order."""
    if limit < 1:
        raise InputError("vocab_size is too small for a WordPiece tokenizer; give a few hundred.")
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(tokenizer.normalizer.normalize_str(text))
    ranked = sorted(counts, key=lambda character: (-counts[character], character))
    return sorted([character for character in ranked if not character.isspace()][:limit])


def _pieces(tokenizer: Tokenizer) -> list[tuple[str, float]]:
    """Read what Unigram learned; the library shows scores only in its JSON."""
    return [(piece, score) for piece, score in json.loads(tokenizer.to_str())["model"]["vocab"]]


def _canonical_pieces(
    pieces: Sequence[tuple[str, float]], special: Sequence[str]
) -> list[tuple[str, float]]:
    """Order pieces by score, then text, and give added characters their penalty in text order."""
    learned = [(piece, score) for piece, score in pieces if piece not in special]
    lowest = min(score for _, score in learned)
    added = sorted(piece for piece, score in learned if _is_added(piece, score - lowest))
    scores = dict(learned)
    steps = sorted(scores[piece] for piece in added)
    scores.update(zip(added, steps, strict=True))
    ranked = sorted(scores.items(), key=lambda item: (-round(item[1], 9), item[0]))
    return [(token, 0.0) for token in special] + [(piece, round(s, 9)) for piece, s in ranked]


def _is_added(piece: str, above_lowest: float) -> bool:
    steps = above_lowest / PENALTY
    return len(piece) == 1 and abs(steps - round(steps)) < 1e-6
