"""Lines of raw text: every character belongs to one sub-token, and nothing in a text is special."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from isogloss.base.errors import InputError
from isogloss.model import lines as lines_module
from isogloss.model.lines import encode_lines, frame_of, maskable_ids, random_candidates
from isogloss.model.tokenizer import train_tokenizer

ALGORITHMS = ("wordpiece", "unigram", "bpe")
FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
PIECES = (
    "ba", "Ä", "lö", " ", "  ", "कि", "क्ष", "中国", "☃", "e\u0301", "\u200b", "\ufe0f", "\x07",
    "\u00ad", "\u2028", "😀", ".", "##", "\u2581", "\u0120",
)  # fmt: skip
SPECIAL = ("[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "<s>", "</s>", "<mask>", "<pad>", "<unk>")

plain_lines = st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=8)
any_lines = st.lists(
    st.lists(st.sampled_from(PIECES + SPECIAL), max_size=6).map("".join), max_size=6
)


@pytest.fixture(scope="module")
def trained(texts):
    return {
        (algorithm, family): train_tokenizer(
            texts, algorithm=algorithm, vocab_size=420, family=family, seed=0, floor=0
        )
        for algorithm in ALGORITHMS
        for family in ("bert", "xlm-roberta")
    }


def rows(encoded, values):
    return [row.tolist() for row in np.split(values, encoded.offsets[1:-1])]


def characters_of(tokenizer, line):
    """One line at a time, one token at a time."""
    ends = [end for _, end in tokenizer(line, add_special_tokens=False).encodings[0].offsets]
    if ends:
        ends[-1] = len(line)
    counts, at = [], 0
    for end in ends:
        counts.append(max(end, at) - at)
        at = max(end, at)
    return counts


@settings(max_examples=60, deadline=None)
@given(found=plain_lines, algorithm=st.sampled_from(ALGORITHMS))
def test_ids_are_those_of_the_public_call_and_characters_those_of_each_line_alone(
    trained, found, algorithm
):
    tokenizer = trained[algorithm, "bert"]
    encoded = encode_lines(tokenizer, found)
    assert len(encoded.offsets) == len(found) + 1
    if found:
        want = [tokenizer(line, add_special_tokens=False).input_ids for line in found]
        assert rows(encoded, encoded.ids) == want
        assert rows(encoded, encoded.characters) == [characters_of(tokenizer, s) for s in found]
    assert encoded.n_unknown == int((encoded.ids == tokenizer.unk_token_id).sum())


@settings(max_examples=60, deadline=None)
@given(
    found=any_lines,
    algorithm=st.sampled_from(ALGORITHMS),
    family=st.sampled_from(("bert", "xlm-roberta")),
)
def test_all_characters_are_shared_out_and_no_text_gives_a_special_token(
    trained, found, algorithm, family
):
    tokenizer = trained[algorithm, family]
    encoded = encode_lines(tokenizer, found)
    counts = rows(encoded, encoded.characters) if found else []
    for line, count in zip(found, counts, strict=True):
        assert sum(count) == (len(line) if count else 0)
        assert min(count, default=0) >= 0
    special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    assert not special & set(encoded.ids.tolist())


def test_spaces_go_to_the_token_that_follows_and_the_end_to_the_last(trained):
    encoded = encode_lines(trained["wordpiece", "bert"], ["ba  ge. ", "", "\u200b", "nu"])
    assert np.diff(encoded.offsets).tolist()[1] == 0
    assert rows(encoded, encoded.characters)[0] == [2, 4, 2]


def test_how_lines_are_cut_into_batches_changes_nothing(trained, texts, monkeypatch):
    found = [*texts["hin-Deva"], "", *texts["zho-Hans"], "[MASK]"]
    whole = encode_lines(trained["unigram", "bert"], found)
    monkeypatch.setattr(lines_module, "BATCH", 7)
    cut = encode_lines(trained["unigram", "bert"], found)
    assert all(np.array_equal(one, two) for one, two in zip(whole, cut, strict=True))
    assert [array.dtype.name for array in whole[:3]] == ["int32", "int64", "int32"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_tokenizer_is_left_as_it_was_and_lines_are_never_cut(algorithm, trained):
    tokenizer = trained[algorithm, "bert"]
    line = "ba ge nu " * 50
    tokenizer(line, truncation=True, max_length=8)
    before = tokenizer("[MASK] ba", truncation=True, max_length=8).input_ids
    assert len(encode_lines(tokenizer, [line]).ids) > 100
    assert tokenizer.backend_tokenizer.truncation["max_length"] == 8
    assert tokenizer("[MASK] ba", truncation=True, max_length=8).input_ids == before
    assert tokenizer.mask_token_id in before
    tokenizer.backend_tokenizer.no_truncation()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_frame_is_what_stands_around_every_text(family, tokenizers):
    tokenizer = tokenizers[family]
    ids = tokenizer("ba ge").input_ids
    assert frame_of(tokenizer) == (ids[0], ids[-1])
    assert frame_of(tokenizer) == (tokenizer.cls_token_id, tokenizer.sep_token_id)


def test_a_tokenizer_that_frames_nothing_is_refused():
    backend = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]")
    with pytest.raises(InputError, match="puts 0 special tokens before a text and 0 after"):
        frame_of(tokenizer)


@pytest.mark.parametrize("family", FAMILIES)
def test_all_but_special_tokens_may_be_masked_and_drawn(family, tokenizers):
    tokenizer = tokenizers[family]
    maskable = maskable_ids(tokenizer)
    assert maskable.shape == (len(tokenizer),)
    assert set(np.flatnonzero(~maskable)) == set(tokenizer.all_special_ids)
    assert tokenizer.unk_token_id in np.flatnonzero(~maskable)
    assert random_candidates(tokenizer).tolist() == np.flatnonzero(maskable).tolist()


def test_ids_without_an_entry_and_special_tokens_without_a_part_are_not_masked():
    backend = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 2, "b": 5}, unk_token="[UNK]"))
    backend.add_special_tokens(["<extra>"])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]")
    extra = tokenizer.convert_tokens_to_ids("<extra>")
    assert np.flatnonzero(maskable_ids(tokenizer)).tolist() == [2, 5]
    assert not maskable_ids(tokenizer)[extra]
