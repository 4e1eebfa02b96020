"""Trimming: exact on the texts it is made for, and still a whole model for any other."""

import json
import random

import pytest
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.processors import RobertaProcessing, TemplateProcessing
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertForMaskedLM,
    BertTokenizer,
    PreTrainedTokenizerFast,
    RobertaTokenizer,
    XLMRobertaTokenizer,
)

from isogloss.base.errors import InputError
from isogloss.model.encoder import longest_input, make_classifier
from isogloss.model.kept import entries_to_keep
from isogloss.model.renumber import renumbered
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import train_tokenizer
from isogloss.model.trim import trim
from isogloss.model.words import encode_words

ALGORITHMS = ("wordpiece", "unigram", "bpe")
FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
TINY = Size(16, 2, 2, 32, max_length=64, dropout=0.0)
UNSEEN = ["☂ Ω zzz", "", "मेरा 天地人 loe", "Tinu<mask>[MASK] geba", "\u200d \u0000 😀"]


def classifier(tokenizer, family):
    config = scratch_config(family, tokenizer, TINY)
    return make_classifier(config, ["a", "b"], seed=0, attention="eager").eval()


def logits(model, tokenizer, texts):
    batch = tokenizer(texts, padding=True, truncation=True, max_length=64, return_tensors="pt")
    with torch.inference_mode():
        return model(**batch).logits


def pieces(tokenizer, texts):
    return [tokenizer.convert_ids_to_tokens(row) for row in tokenizer(texts)["input_ids"]]


@pytest.fixture(scope="module")
def trained(texts):
    made = {}

    def get(algorithm, family):
        if (algorithm, family) not in made:
            made[algorithm, family] = train_tokenizer(
                texts, algorithm=algorithm, vocab_size=420, family=family, seed=0, floor=0
            )
        return made[algorithm, family]

    return get


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("family", FAMILIES)
def test_given_texts_keep_their_pieces_and_logits(algorithm, family, trained, texts, tmp_path):
    tokenizer = trained(algorithm, family)
    model = classifier(tokenizer, family)
    some = texts["deu-Latn"][:9]
    trimmed = trim(model, tokenizer, some)
    trimmed.model.save_pretrained(tmp_path)
    trimmed.tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()

    assert trimmed.kept == len(again) == loaded.config.vocab_size < trimmed.before == len(tokenizer)
    assert loaded.num_parameters() < model.num_parameters()
    assert pieces(again, some) == pieces(tokenizer, some)
    want = logits(model, tokenizer, some)
    assert torch.allclose(logits(loaded, again, some), want, atol=1e-6)
    assert torch.allclose(logits(trimmed.model, trimmed.tokenizer, some), want, atol=1e-6)
    assert logits(loaded, again, UNSEEN).isfinite().all()
    assert again.pad_token_id == tokenizer.pad_token_id == loaded.config.pad_token_id
    assert longest_input(loaded) == longest_input(model)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_text_becomes_unknown_that_was_not(algorithm, trained, texts):
    tokenizer = trained(algorithm, "bert")
    small = trim(classifier(tokenizer, "bert"), tokenizer, texts["deu-Latn"][:3]).tokenizer
    for part in texts.values():
        ids = small(part)["input_ids"]
        assert not any(small.unk_token_id in row for row in ids)
        assert small.batch_decode(ids) == tokenizer.batch_decode(tokenizer(part)["input_ids"])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_trimming_again_changes_nothing(algorithm, trained, texts):
    tokenizer = trained(algorithm, "xlm-roberta")
    some = [*texts["zho-Hans"][:5], "Ω☂ unknown"]
    once = trim(classifier(tokenizer, "xlm-roberta"), tokenizer, some)
    twice = trim(once.model, once.tokenizer, some)
    assert twice.kept == twice.before == once.kept
    assert twice.tokenizer.get_vocab() == once.tokenizer.get_vocab()
    assert all(map(torch.equal, twice.model.parameters(), once.model.parameters()))


def test_the_model_that_was_given_is_not_changed(trained, texts):
    tokenizer = trained("bpe", "distilbert")
    model = classifier(tokenizer, "distilbert")
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    small = trim(model, tokenizer, texts["deu-Latn"][:2]).model
    assert model.config.vocab_size == len(tokenizer)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert not {p.data_ptr() for p in small.parameters()} & {
        p.data_ptr() for p in model.parameters()
    }


def test_a_tagger_is_trimmed_alike(trained, texts):
    tokenizer = trained("unigram", "xlm-roberta")
    config = scratch_config("xlm-roberta", tokenizer, TINY)
    model = AutoModelForTokenClassification.from_config(config).eval()
    some = texts["hin-Deva"][:4]
    trimmed = trim(model, tokenizer, some)
    want = logits(model, tokenizer, some)
    assert torch.allclose(logits(trimmed.model, trimmed.tokenizer, some), want, atol=1e-6)


def bert_class():
    letters = list("abcdefgh")
    entries = ["[PAD]", "[unused]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]
    entries += ["##" + letter for letter in letters] + ["abc", "##de", "bad", "##ef", "##cab"]
    vocabulary = {entry: index for index, entry in enumerate(entries)}
    return BertTokenizer(vocab=vocabulary, do_lower_case=True), "bert"


def xlm_roberta_class():
    special = [(token, 0.0) for token in ("<s>", "<pad>", "</s>", "<unk>")]
    letters = [(letter, -5.0 - index) for index, letter in enumerate("▁abcdefg")]
    entries = [*special, *letters, ("▁abc", -2.0), ("de", -3.0), ("bad", -9.0), ("h", -30.0)]
    return XLMRobertaTokenizer(vocab=[*entries, ("<mask>", 0.0)]), "xlm-roberta"


def roberta_class():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    entries = ["<s>", "<pad>", "</s>", "<unk>", *alphabet, "ab", "abc", "de", "ba", "bad", "<mask>"]
    merges = [("a", "b"), ("ab", "c"), ("d", "e"), ("b", "a"), ("ba", "d")]
    vocabulary = {entry: index for index, entry in enumerate(entries)}
    return RobertaTokenizer(vocab=vocabulary, merges=merges, add_prefix_space=True), "xlm-roberta"


@pytest.mark.parametrize("make", [bert_class, xlm_roberta_class, roberta_class])
def test_the_classes_of_public_checkpoints_are_trimmed(make, tmp_path):
    tokenizer, family = make()
    model = classifier(tokenizer, family)
    some = ["abc abcde", "ade ☂"]
    trimmed = trim(model, tokenizer, some)
    trimmed.model.save_pretrained(tmp_path)
    trimmed.tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert type(again) is type(tokenizer)
    assert len(again) < len(tokenizer)
    assert pieces(again, some) == pieces(tokenizer, some)
    want = logits(model, tokenizer, some)
    assert torch.allclose(logits(trimmed.model, again, some), want, atol=1e-6)
    assert again("abc", "de")["input_ids"][-1] == again.sep_token_id
    assert len(again("bad")["input_ids"]) > len(tokenizer("bad")["input_ids"])


def byte_level_with_special_tokens_behind(family):
    """As ModernBERT has them: outside the vocabulary, and after it."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {entry: index for index, entry in enumerate([*alphabet, "ab", "abc", "bad", "ba"])}
    merges = [("a", "b"), ("ab", "c"), ("b", "a"), ("ba", "d")]
    backend = Tokenizer(models.BPE(vocabulary, merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    backend.add_special_tokens([AddedToken(token) for token in special])
    backend.add_tokens([AddedToken("<name>")])
    around = [(token, backend.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    backend.post_processor = TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]", around)
    names = dict(zip(("unk_token", "cls_token", "sep_token", "pad_token"), special, strict=False))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        **names,
        mask_token="[MASK]",
        model_input_names=["input_ids", "attention_mask"],
    )
    return tokenizer, classifier(tokenizer, family)


def test_special_tokens_behind_the_vocabulary_move_with_it(tmp_path):
    tokenizer, model = byte_level_with_special_tokens_behind("modernbert")
    some = ["abc <name>", "abcabc"]
    trimmed = trim(model, tokenizer, some)
    small = trimmed.tokenizer
    assert trimmed.before - trimmed.kept == 2
    assert small.pad_token_id == tokenizer.pad_token_id - 2 == trimmed.model.config.pad_token_id
    assert trimmed.model.get_input_embeddings().padding_idx == small.pad_token_id
    assert trimmed.model.config.cls_token_id == small.cls_token_id
    assert pieces(small, some) == pieces(tokenizer, some)
    want = logits(model, tokenizer, some)
    assert torch.allclose(logits(trimmed.model, small, some), want, atol=1e-6)
    trimmed.model.save_pretrained(tmp_path)
    AutoModelForSequenceClassification.from_pretrained(tmp_path)


def test_a_padding_from_which_positions_are_counted_may_not_move():
    tokenizer, model = byte_level_with_special_tokens_behind("xlm-roberta")
    with pytest.raises(InputError, match="positions"):
        trim(model, tokenizer, ["abc"])


def test_what_stands_before_such_a_padding_stays():
    """As in CamemBERT, whose first ids were never used."""
    tokenizer, _ = xlm_roberta_class()
    vocabulary = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["vocab"]
    entries = [("<s>UNUSED", 0.0), *map(tuple, vocabulary[1:]), ("<s>", 0.0)]
    tokenizer = XLMRobertaTokenizer(vocab=entries)
    small = trim(classifier(tokenizer, "xlm-roberta"), tokenizer, ["abc"]).tokenizer
    assert len(small) < len(tokenizer)
    assert small.pad_token_id == 1
    assert small.convert_ids_to_tokens(0) == "<s>UNUSED"


def test_the_processors_of_older_checkpoints_are_renumbered(trained):
    tokenizer, model = byte_level_with_special_tokens_behind("modernbert")
    ends = [(token, tokenizer.convert_tokens_to_ids(token)) for token in ("[SEP]", "[CLS]")]
    tokenizer.backend_tokenizer.post_processor = RobertaProcessing(*ends)
    small = trim(model, tokenizer, ["abc"]).tokenizer
    assert small.convert_ids_to_tokens(small("abc")["input_ids"]) == ["[CLS]", "abc", "[SEP]"]


def test_the_padding_of_a_tokenizer_is_renumbered(trained):
    backend = Tokenizer.from_str(trained("bpe", "bert").backend_tokenizer.to_str())
    backend.enable_padding(pad_id=7, pad_token="Ä")
    changed = renumbered(json.loads(backend.to_str()), [0, 1, 2, 3, 4, 7])
    assert changed["padding"]["pad_id"] == 5
    assert changed["model"]["merges"] == []


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_sentences_given_as_words_keep_their_pieces(algorithm, trained, texts):
    tokenizer = trained(algorithm, "modernbert")
    sentences = [text.split() for text in texts["deu-Latn"][:6]] + [["Ω", "\u200d", "a the . 1 de"]]
    small = trim(classifier(tokenizer, "modernbert"), tokenizer, sentences).tokenizer
    assert len(small) < len(tokenizer)
    want = tokenizer.convert_ids_to_tokens(encode_words(tokenizer, sentences, 64).ids.tolist())
    assert small.convert_ids_to_tokens(encode_words(small, sentences, 64).ids.tolist()) == want


def greedy(word, vocabulary):
    """WordPiece by its own words: the longest entry that fits, or the whole word is unknown."""
    taken, start = [], 0
    while start < len(word):
        fits = [
            piece
            for end in range(start + 1, len(word) + 1)
            if (piece := ("##" if start else "") + word[start:end]) in vocabulary
        ]
        if not fits:
            return ["[UNK]"]
        taken.append(fits[-1])
        start += len(fits[-1].removeprefix("##") if start else fits[-1])
    return taken


def test_a_word_that_was_given_up_stays_unknown():
    """Without "ab", which the search took before it gave up, "a" and "##bc" would do."""
    vocabulary = {"[UNK]", "a", "b", "c", "##b", "ab", "##bc"}
    assert greedy("abc", vocabulary) == ["[UNK]"]
    model = {
        "type": "WordPiece",
        "vocab": {entry: index for index, entry in enumerate(sorted(vocabulary))},
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
    }
    assert "ab" in entries_to_keep(model, {"[UNK]"}, ["abc"])
    assert "ab" not in entries_to_keep(model, {"[UNK]"}, ["a"])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", ["wordpiece", "unigram", "bpe"])
def test_random_vocabularies_are_cut_exactly(kind, seed):
    """The library cuts the words anew with what is kept; all sorts of holes and ties occur."""
    rng = random.Random(seed)

    def some(n, longest=5):
        return {"".join(rng.choices("abcde", k=rng.randint(1, longest))) for _ in range(n)}

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    if kind == "wordpiece":
        entries = [*special, *sorted(some(18, 3) | {"##" + piece for piece in some(18, 3)})]
        entries = {entry: index for index, entry in enumerate(entries)}
        backend = Tokenizer(models.WordPiece(entries, unk_token="[UNK]"))
    elif kind == "unigram":
        scored = [(piece, float(-rng.randint(1, 6))) for piece in sorted(some(25))]
        backend = Tokenizer(models.Unigram([*((s, 0.0) for s in special), *scored], 1, False))
    else:
        pieces_, merges = list("abcd"), []
        for _ in range(25):
            pair = tuple(rng.choices(pieces_, k=2))
            if pair not in merges and len("".join(pair)) < 6:
                merges.append(pair)
                pieces_ += [] if "".join(pair) in pieces_ else ["".join(pair)]
        entries = {entry: index for index, entry in enumerate([*special, *pieces_])}
        backend = Tokenizer(models.BPE(entries, merges, unk_token="[UNK]"))
    backend.normalizer = normalizers.NFC()
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.add_special_tokens(special)
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, **dict(zip(names, special, strict=True))
    )
    model = classifier(tokenizer, "bert")
    texts = [" ".join(some(4, longest=9)) for _ in range(3)]
    small = trim(model, tokenizer, texts)
    assert pieces(small.tokenizer, texts) == pieces(tokenizer, texts)
    assert trim(small.model, small.tokenizer, texts).kept == small.kept


@pytest.mark.parametrize("none", [[], ["", " "]])
def test_no_text_is_refused(none, trained):
    tokenizer = trained("wordpiece", "bert")
    with pytest.raises(InputError, match="no text"):
        trim(classifier(tokenizer, "bert"), tokenizer, none)


def test_what_cannot_be_cut_is_refused(trained):
    tokenizer = trained("wordpiece", "bert")
    config = scratch_config("bert", tokenizer, TINY)
    with pytest.raises(InputError, match="predicts words"):
        trim(BertForMaskedLM(config), tokenizer, ["ba"])
    with pytest.raises(InputError, match="WordLevel"):
        entries_to_keep({"type": "WordLevel"}, set(), [])
    config.vocab_size = 5
    small = make_classifier(config, ["a", "b"], seed=0, attention="eager")
    with pytest.raises(InputError, match="only 5 rows"):
        trim(small, tokenizer, ["ba"])
