"""What fuzzing has found in the reading of models and checkpoints, one plain test each."""

import json

import pytest
from fuzz_models import INDEX, WEIGHTS, whole_checkpoint, whole_model

from isogloss.base.errors import InputError, LeadsOutside, OverLimit, Untrusted
from isogloss.model.encoder import check_encoder
from isogloss.model.origin import BrokenModel, check_origin
from isogloss.model.tokenizer import load_tokenizer
from isogloss.train.checkpoint import load_checkpoint


@pytest.fixture
def model(tmp_path):
    for name, content in whole_model().items():
        if name != INDEX:
            (tmp_path / name).write_bytes(content)
    return tmp_path


def change(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_config_of_values_of_other_kinds_is_one_message(model):
    change(model, add_cross_attention=None)
    with pytest.raises(InputError, match="Cannot load the config"):
        check_encoder(model, revision="main", max_length=8)


@pytest.mark.parametrize("name", ["num_hidden_layers", "hidden_size", "vocab_size"])
def test_a_model_that_fits_no_memory_is_refused_before_it_is_made(model, name):
    change(model, **{name: 10**12})
    with pytest.raises(OverLimit, match=name):
        check_encoder(model, revision="main", max_length=8)


@pytest.mark.parametrize("model_type", [["bert"], {"a": 1}, None, 5])
def test_a_type_that_is_no_name_is_one_message(model, model_type):
    change(model, model_type=model_type)
    with pytest.raises(InputError, match=r"is of type|names no model_type"):
        check_origin(model, "it")


def test_an_index_cannot_name_weights_outside_of_its_folder_nor_pickles(model):
    (model / WEIGHTS).rename(model / "model-00001-of-00001.safetensors")
    for shard, error in (("../x.safetensors", LeadsOutside), ("x.bin", Untrusted)):
        (model / INDEX).write_text(json.dumps({"weight_map": {"a": shard}}))
        with pytest.raises(error):
            check_origin(model, "it")


def test_an_index_without_a_map_of_weights_is_a_broken_model(model):
    (model / WEIGHTS).unlink()
    (model / INDEX).write_text(json.dumps({"weight_map": ["a"]}))
    with pytest.raises(BrokenModel, match="has no weight_map"):
        check_origin(model, "it")


def test_a_tokenizer_that_would_run_code_is_refused_in_our_words(model):
    path = model / "tokenizer_config.json"
    own = {"auto_map": {"AutoTokenizer": ["own.Mine", "own.Mine"]}, "tokenizer_class": "Mine"}
    (model / "own.py").write_text("raise SystemExit('ran')\n")
    path.write_text(json.dumps({**json.loads(path.read_text()), **own}))
    try:
        load_tokenizer(model)
    except InputError as error:
        assert "trust_remote_code" not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "state",
    [[], None, {"identity": "this one", "step": 3, "journal": None},
     {"identity": "this one", "step": None, "journal": {}},
     {"identity": 1, "step": 1, "journal": {}}],
)  # fmt: skip
def test_a_checkpoint_that_is_none_is_passed_over(tmp_path, state):
    home = tmp_path / "step-000000003"
    home.mkdir()
    for name, content in whole_checkpoint().items():
        (home / name).write_bytes(content)
    assert load_checkpoint(tmp_path, identity="this one", elsewhere=()) is not None
    (home / "state.json").write_text(json.dumps(state))
    assert load_checkpoint(tmp_path, identity="this one", elsewhere=()) is None
