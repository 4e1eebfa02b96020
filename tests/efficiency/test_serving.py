"""A loaded candidate gives the model's own answers, however they are batched and cut."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from isogloss.base.errors import InputError
from isogloss.efficiency.answering import Pieces, answer
from isogloss.efficiency.candidate import Candidate
from isogloss.efficiency.offline import offline
from isogloss.efficiency.serving import Loaded, pad_pieces
from isogloss.efficiency.size import disk_mb, parameters_of_folder
from isogloss.model.encoder import load_classifier, load_tagger, make_tagger, save_classifier
from isogloss.model.precision import Precision
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.served import write_served
from isogloss.model.tokenizer import load_tokenizer

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
SENTENCES = [["good", "lamp"], ["Tisch"], ["cadeira", "mesa", "poor", "fine"], ["bad"] * 40]


def test_texts_are_answered_as_the_model_alone_answers_them(candidates, texts):
    for candidate in candidates:
        model = load_classifier(
            candidate.folder, labels=candidate.labels, seed=0, attention="eager"
        ).model.eval()
        tokenizer = load_tokenizer(candidate.folder)
        with torch.inference_mode():
            alone = [
                tokenizer(text, truncation=True, max_length=32, return_tensors="pt")
                for text in texts[:12]
            ]
            want = [candidate.labels[int(model(**one).logits.argmax())] for one in alone]
        loaded = Loaded(candidate)
        with loaded.running():
            assert answer(loaded, texts[:12]) == want


@pytest.fixture(scope="module")
def tagger(tmp_path_factory, candidates):
    folder = tmp_path_factory.mktemp("tagger")
    tokenizer = load_tokenizer(candidates[0].folder)
    size = Size(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_length=32,
        dropout=0.0,
    )
    config = scratch_config("bert", tokenizer, size)
    config.initializer_range = 1.0  # so that tags differ from word to word
    save_classifier(make_tagger(config, TAGS, seed=1, attention="eager"), tokenizer, folder)
    return Candidate(
        name="tagger",
        folder=str(folder),
        labels=TAGS,
        task="tags",
        attention="eager",
        max_length=12,
    )


def test_words_are_answered_at_their_first_sub_token_in_any_batch(tagger):
    model = load_tagger(tagger.folder, labels=TAGS, seed=0, attention="eager").model.eval()
    tokenizer = load_tokenizer(tagger.folder)
    want = []
    for words in SENTENCES[:3]:
        encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
        with torch.inference_mode():
            tags = model(**encoded).logits[0].argmax(-1).tolist()
        first = [encoded.word_ids().index(at) for at in range(len(words))]
        want.append([TAGS[tags[at]] for at in first])
    assert len({tag for tags in want for tag in tags}) > 1
    loaded = Loaded(tagger)
    with loaded.running():
        assert answer(loaded, SENTENCES[:3]) == want
        assert [answer(loaded, [words])[0] for words in SENTENCES[:3]] == want


def test_a_sentence_longer_than_the_encoder_has_a_tag_for_each_word(tagger):
    loaded = Loaded(tagger)
    with loaded.running():
        assert [len(tags) for tags in answer(loaded, SENTENCES)] == [2, 1, 4, 40]
    done = offline(loaded, SENTENCES, [16, 64], clock=lambda: 0.0)
    assert done.n_samples == 4
    assert done.laps[0].n_batches > done.laps[1].n_batches > 1


@pytest.mark.parametrize("form", ["torch-fp32", "trimmed", "onnx", "onnx-int8"])
def test_each_form_is_loaded_and_counted(form, candidates, texts, tmp_path):
    if form.startswith("onnx"):
        pytest.importorskip("onnxruntime")
        pytest.importorskip("onnxscript")
    plain = candidates[0]
    model = load_classifier(plain.folder, labels=plain.labels, seed=0, attention="eager").model
    write_served(model, load_tokenizer(plain.folder), form, tmp_path, texts)
    loaded = Loaded(replace(plain, form=form, folder=str(tmp_path)))
    with loaded.running():
        answers = answer(loaded, texts[:5])
    if form != "onnx-int8":
        whole = Loaded(plain)
        with whole.running():
            assert answers == answer(whole, texts[:5])
    assert set(answers) <= set(plain.labels)
    assert disk_mb(tmp_path, form=form) > 0
    assert 0 < parameters_of_folder(Path(tmp_path), "text").total <= model.num_parameters()


class Casts(TorchDispatchMode):
    """Counts the matrices that are cast."""

    def __init__(self):
        super().__init__()
        self.n = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        cast = function is torch.ops.aten._to_copy.default and (kwargs or {}).get("dtype")
        self.n += cast is torch.bfloat16 and args[0].ndim == 2 and min(args[0].shape) >= 32
        return function(*args, **(kwargs or {}))


def test_weights_are_cast_once_and_not_for_each_query(candidates, texts):
    loaded = Loaded(candidates[0])
    loaded.precision = Precision("bf16", "here even where it is emulated")
    counts = []
    with loaded.running():
        for _ in range(2):
            with Casts() as casts:
                answer(loaded, texts[:1])
            counts.append(casts.n)
    assert counts[0] >= 12  # two layers of six products
    assert counts[1] == 0


def test_a_form_for_other_labels_is_refused(candidates):
    with pytest.raises(InputError, match="head"):
        Loaded(replace(candidates[0], labels=("x", "y")))


def test_padding_is_where_there_is_no_token():
    pieces = Pieces(np.arange(1, 7, dtype=np.int32), np.array([0, 3, 4, 6]))
    ids, mask = pad_pieces(pieces, np.array([2, 0]), 99)
    assert ids.tolist() == [[5, 6, 99], [1, 2, 3]]
    assert mask.tolist() == [[1, 1, 0], [1, 1, 1]]
    ids, mask = pad_pieces(pieces, np.array([1]), 99)
    assert (ids.tolist(), mask) == ([[4]], None)
