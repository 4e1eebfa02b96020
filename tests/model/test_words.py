"""Words as windows of sub-tokens: every word is answered once, whatever the tokenizer."""

import gzip
import json
import os
import random
import time
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import ByT5Tokenizer, PreTrainedTokenizerFast

from isogloss.base.errors import InputError
from isogloss.data.sample import SampleSource
from isogloss.data.tagging import TagColumns, read_tagged
from isogloss.model.tokenizer import train_tokenizer
from isogloss.model.words import check_word_ids, encode_words
from isogloss.study.tasks import LABELS

ALGORITHMS = ("wordpiece", "unigram", "bpe")
LENGTHS = (8, 32, 128, 512)
ODD = [
    "\u200b", "\ufe0f", "\u00ad", "\u200d\u200c", "\x07", "\x00", " ", "\u00a0", "\u2028", "☃",
    "e\u0301", "nu ge", "lö" * 1500, "[SEP]", "</s>", "[UNK]", "##", "\u2581", "\u0120",
]  # fmt: skip
"""Words of which some tokenizer makes nothing, or something else than it seems."""

DATA = Path(
    os.environ.get("ISOGLOSS_TEST_DATA", Path(__file__).parents[2].parent / "shared" / "data")
)


@pytest.fixture(scope="module")
def trained(texts):
    return {
        algorithm: train_tokenizer(
            texts, algorithm=algorithm, vocab_size=420, family="bert", seed=0, floor=0
        )
        for algorithm in ALGORITHMS
    }


@pytest.fixture(scope="module")
def sentences(texts):
    """Sentences of one word to hundreds, some of the words odd."""
    rng = random.Random(0)
    words = [word for text in texts["deu-Latn"] for word in text.split()] + ODD
    return [[rng.choice(words) for _ in range(n)] for n in (1, 2, 3, 7, 12, 40, 150, 400)] + [ODD]


def given(algorithm, words):
    """What a tokenizer is to be given: byte-level BPE needs the space before each word."""
    return [" " + word for word in words] if algorithm == "bpe" else list(words)


def reference(tokenizer, algorithm, words):
    """Sub-tokens of each word, by the public call, with the unknown token for those of none."""
    encoded = tokenizer(given(algorithm, words), is_split_into_words=True, add_special_tokens=False)
    pieces = [[] for _ in words]
    for sub_token, at in zip(encoded["input_ids"], encoded.word_ids(), strict=True):
        pieces[at].append(sub_token)
    return [piece or [tokenizer.unk_token_id] for piece in pieces]


def windows_of(encoded):
    return [row.tolist() for row in np.split(encoded.ids, encoded.offsets[1:-1])]


@pytest.mark.parametrize("max_length", LENGTHS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_word_is_answered_once_at_its_first_sub_token(
    algorithm, max_length, trained, sentences
):
    tokenizer = trained[algorithm]
    encoded = encode_words(tokenizer, sentences, max_length)
    windows = windows_of(encoded)
    assert np.diff(encoded.word_offsets).tolist() == [len(words) for words in sentences]
    word = 0
    for at, words in enumerate(sentences):
        pieces = reference(tokenizer, algorithm, words)
        whole = [sub_token for piece in pieces for sub_token in piece]
        begins = np.cumsum([0, *map(len, pieces)])
        for piece, begin in zip(pieces, begins, strict=False):
            number, place = encoded.word_window[word], encoded.word_position[word]
            window = windows[number]
            assert encoded.window_sentence[number] == at
            assert window[place] == piece[0]
            start = begin - place + 1  # the window is a stretch of the sentence, framed
            assert window[1:-1] == whole[start : start + len(window) - 2]
            word += 1
    assert word == len(encoded.word_window)


@pytest.mark.parametrize("max_length", LENGTHS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_windows_fit_the_encoder_begin_and_end_as_sentences_do_and_none_is_idle(
    algorithm, max_length, trained, sentences
):
    tokenizer = trained[algorithm]
    encoded = encode_words(tokenizer, sentences, max_length)
    for window in windows_of(encoded):
        assert len(window) <= max_length
        assert (window[0], window[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
    assert np.unique(encoded.word_window).tolist() == list(range(len(encoded.window_sentence)))
    assert (np.diff(encoded.word_window) >= 0).all()
    assert (np.diff(encoded.window_sentence) >= 0).all()


@pytest.mark.parametrize("max_length", [6, 8, 12, 19, 32, 128])
@pytest.mark.parametrize("n", [5, 30, 31, 200])
def test_the_window_with_most_context_answers(max_length, n, trained):
    """The oracle tries all windows that a quarter of overlap allows; here a word is a sub-token."""
    tokenizer = trained["bpe"]
    words = ["nu", "ge"] * n
    assert all(len(piece) == 1 for piece in reference(tokenizer, "bpe", words))
    encoded = encode_words(tokenizer, [words], max_length)
    room, total = max_length - 2, len(words)
    step = room - room // 4
    starts = [0]
    while starts[-1] + room < total:
        starts.append(min(starts[-1] + step, total - room))

    def context(start, at):
        end = min(start + room, total)
        return min(at - start, end - 1 - at) if start <= at < end else -1

    for at in range(total):
        start = at - (encoded.word_position[at] - 1)
        assert start in starts
        assert context(start, at) == max(context(one, at) for one in starts)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_sentence_that_fits_is_what_the_tokenizer_makes_of_its_words(algorithm, trained, texts):
    tokenizer = trained[algorithm]
    sentences = [text.split() for text in texts["deu-Latn"][:20] + texts["hin-Deva"][:20]]
    encoded = encode_words(tokenizer, sentences, 512)
    want = tokenizer([given(algorithm, one) for one in sentences], is_split_into_words=True)
    assert windows_of(encoded) == want["input_ids"]
    assert encoded.window_sentence.tolist() == list(range(len(sentences)))
    assert (encoded.n_unknown, encoded.n_empty) == (0, 0)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_two_words_are_not_read_as_one_and_a_word_is_the_same_wherever_it_stands(
    algorithm, trained
):
    tokenizer = trained[algorithm]
    two, one, after = windows_of(encode_words(tokenizer, [["lö", "nu"], ["lönu"], ["nu", "lö"]], 9))
    assert two != one
    assert sorted(two) == sorted(after)
    text = tokenizer(" lö nu")["input_ids"]
    assert two == text


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_words_that_nobody_sees_stay_words(algorithm, trained):
    tokenizer = trained[algorithm]
    words = ["nu", "\ufe0f", "\u200b", " ", "ge"]
    encoded = encode_words(tokenizer, [words, ["\ufe0f"]], 32)
    empty = [piece == [] for piece in _pieces_without_stand_in(tokenizer, algorithm, words)]
    assert len(encoded.word_position) == 6
    assert len(set(encoded.word_position[:5].tolist())) == 5
    for at in np.flatnonzero(empty):
        assert windows_of(encoded)[0][encoded.word_position[at]] == tokenizer.unk_token_id
    assert encoded.n_empty >= sum(empty)


def _pieces_without_stand_in(tokenizer, algorithm, words):
    encoded = tokenizer(given(algorithm, words), is_split_into_words=True, add_special_tokens=False)
    return [[at for at in encoded.word_ids() if at == word] for word in range(len(words))]


def stripping(model, special=("[UNK]", "[MASK]")):
    """A tokenizer that removes control and format characters, as many public ones do."""
    entries = {entry: at for at, entry in enumerate([*special, "[PAD]", "a"])}
    backend = Tokenizer(models.BPE(entries, []) if model == "bpe" else models.WordPiece(entries))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    names = {"[UNK]": "unk_token", "[MASK]": "mask_token"}
    tokens = {names[token]: token for token in special}
    return PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="[PAD]", **tokens)


@pytest.mark.parametrize(
    ("tokenizer", "n_empty"),
    [(stripping("wordpiece"), 3), (stripping("bpe"), 4), (stripping("bpe", ("[MASK]",)), 4)],
)
def test_the_unknown_token_stands_in_or_the_mask_where_there_is_none(tokenizer, n_empty):
    """This BPE makes nothing of a character it has not seen; WordPiece knows an unknown token."""
    encoded = encode_words(tokenizer, [["\x07", "a", "\u200b", "☃"], ["\u00ad"]], 16)
    words = encoded.ids[encoded.offsets[encoded.word_window] + encoded.word_position]
    stand_in = tokenizer.convert_ids_to_tokens(0)
    assert tokenizer.convert_ids_to_tokens(words) == [stand_in, "a", *[stand_in] * 3]
    assert (encoded.n_empty, encoded.n_unknown) == (n_empty, 4)
    assert encoded.offsets.tolist() == [0, 4, 5]


def test_a_tokenizer_with_nothing_to_stand_in_is_refused():
    with pytest.raises(InputError, match="neither an unknown nor a mask token"):
        encode_words(stripping("bpe", ()), [["a"]], 16)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_word_longer_than_the_encoder_is_answered_at_its_beginning(algorithm, trained):
    encoded = encode_words(trained[algorithm], [["nu", "lö" * 1500, "ge"]], 32)
    assert len(encoded.word_window) == 3
    assert len(encoded.window_sentence) <= 3


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_sentences_are_no_windows(algorithm, trained):
    nothing = encode_words(trained[algorithm], [], 32)
    assert [len(array) for array in nothing[:6]] == [0, 1, 0, 1, 0, 0]
    assert (nothing.n_unknown, nothing.n_empty) == (0, 0)
    encoded = encode_words(trained[algorithm], [[], ["nu"], []], 32)
    assert encoded.window_sentence.tolist() == [1]
    assert encoded.word_offsets.tolist() == [0, 0, 1, 1]


def test_the_types_of_the_arrays_do_not_hang_on_the_sentences(trained):
    for sentences in ([], [["nu"]], [["nu"] * 90]):
        types = [array.dtype for array in encode_words(trained["unigram"], sentences, 8)[:6]]
        assert types == [np.int32, *[np.int64] * 5]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_how_a_tokenizer_cuts_and_pads_is_neither_used_nor_changed(algorithm, trained, sentences):
    tokenizer = trained[algorithm]
    want = encode_words(tokenizer, sentences, 32)
    backend = tokenizer.backend_tokenizer
    backend.enable_truncation(max_length=3)
    backend.enable_padding(length=9, pad_id=0, pad_token="[PAD]")
    before = backend.truncation, backend.padding
    try:
        again = encode_words(tokenizer, sentences, 32)
        with pytest.raises(InputError):
            encode_words(tokenizer, sentences, 2)
        assert (backend.truncation, backend.padding) == before
    finally:
        backend.no_truncation()
        backend.no_padding()
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(want, again, strict=True))
    encode_words(tokenizer, sentences, 8)
    assert (backend.truncation, backend.padding) == (None, None)


@pytest.mark.parametrize("max_length", [1, 2])
def test_a_length_without_room_is_refused(max_length, trained):
    with pytest.raises(InputError, match=f"max_length {max_length} leaves no room beside the 2"):
        encode_words(trained["bpe"], [["nu"]], max_length)


def test_one_sub_token_at_a_time_is_enough(trained):
    encoded = encode_words(trained["wordpiece"], [["nu", "ge", "nu"]], 3)
    assert len(encoded.word_window) == 3


def test_a_tokenizer_without_word_ids_is_refused_by_name(trained):
    check_word_ids(trained["bpe"], "fine")
    with pytest.raises(InputError, match=r"tokenizer of google/byt5.* no word ids or offsets"):
        check_word_ids(ByT5Tokenizer(), "google/byt5")
    with pytest.raises(InputError, match="no word ids or offsets"):
        encode_words(ByT5Tokenizer(), [["a"]], 32)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_sentence_of_100_000_words_takes_seconds(algorithm, trained):
    start = time.perf_counter()
    for max_length in (8, 512):
        encoded = encode_words(trained[algorithm], [["nu", "Tige"] * 50_000], max_length)
        assert len(encoded.word_window) == 100_000
        assert np.diff(encoded.offsets).max() <= max_length
    assert time.perf_counter() - start < 60


@pytest.mark.parametrize("language", ["deu-Latn", "jpn-Jpan"])
def test_the_gold_of_a_task_does_not_hang_on_tokenizer_or_length(language, trained):
    """Also in scripts that a tokenizer has never seen, and for documents given as sentences."""
    split = read_tagged(SampleSource(), language, ["test"], TagColumns("ner", LABELS["ner"]))
    sentences = [example.tokens for example in split.examples]
    sentences += [sum(sentences[:120], ()), tuple(ODD)]
    want = [0, *np.cumsum([len(words) for words in sentences])]
    for tokenizer in trained.values():
        for max_length in (32, 128, 512):
            encoded = encode_words(tokenizer, sentences, max_length)
            assert encoded.word_offsets.tolist() == want
            assert len(encoded.word_position) == want[-1]


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_real_treebank_is_encoded_in_seconds(algorithm):
    path = DATA / "pos" / "en" / "train.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        sentences = [json.loads(line)["tokens"] for line in lines]
    texts = {"eng-Latn": [" ".join(words) for words in sentences]}
    tokenizer = train_tokenizer(
        texts, algorithm=algorithm, vocab_size=4000, family="bert", seed=0, floor=0
    )
    start = time.perf_counter()
    encoded = [encode_words(tokenizer, sentences, length) for length in (32, 128, 512)]
    assert time.perf_counter() - start < 60
    assert {len(one.word_position) for one in encoded} == {sum(map(len, sentences))}
