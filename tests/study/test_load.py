"""A study file: every mistake at once, with its line, its place, the nearest name, what to do."""

import json
import os
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from isogloss.base.errors import InputError
from isogloss.base.fingerprint import canonical
from isogloss.study.document import parse_document, with_changes
from isogloss.study.load import BadStudy, load_study, study_from
from isogloss.study.regimes import Regime, source_sets
from isogloss.study.schema import study_schema
from isogloss.study.spec import NotIdentity, identity
from isogloss.study.study import Study
from isogloss.study.templates import TEMPLATES, template_text
from isogloss.study.training import Training

GOOD = """
name: toy
data:
  source: {kind: folder, root: data}
  labels: [negative, positive]
languages: [en, de]
encoders: {name: tiny, scratch: {}}
"""


def load(text: str, *changes: str) -> Study:
    return study_from(with_changes(parse_document(text, "toy.yaml"), changes))


def mistakes(text: str, *changes: str) -> str:
    with pytest.raises(InputError) as caught:
        load(text, *changes)
    return str(caught.value)


def test_a_small_study_is_enough_and_defaults_are_the_notebooks():
    study = load(GOOD)
    assert study.languages == ("eng-Latn", "deu-Latn")
    training = study.training
    assert (training.learning_rate, training.epochs) == (2e-5, 5)
    assert (training.per_device_train_batch_size, training.weight_decay) == (32, 0.01)
    assert (training.max_length, training.lr_scheduler_type) == (128, "linear")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("training.learning_rte=1", "training.learning_rte: unknown key. Did you mean 'learning_r"),
        ("nam=x", "nam: unknown key. Did you mean 'name'?"),
        ("data.source.rot=x", "data.source.rot: unknown key. Did you mean 'root'?"),
        ("data.source.kind=foldr", "'foldr' is not known. Did you mean 'folder'?"),
        ("encoders.scratch.hiden_size=3", "unknown key. Did you mean 'hidden_size'?"),
        ("encoders.scratch.tokenizer.algorithm=bbpe", "'bbpe' is not known. Did you mean 'bpe'?"),
        ("training.learning_rate=fast", "training.learning_rate: input should be a valid number"),
        ("training.learning_rate=.nan", "training.learning_rate"),
        ("training.learning_rate=-1", "greater than 0"),
        ("training.max_steps=true", "not true or false"),
        ("training.lr_scheduler_type=linar", "Did you mean 'linear'?"),
        ("languages=[en, no]", "languages.1: YAML reads no and yes as false and true"),
        ("languages=[en, english]", "named twice, perhaps in two spellings: eng-Latn"),
        ("languages=[en, germn]", "Did you mean 'German'?"),
        ("languages=[]", "languages: value should have at least 1 item"),
        ("regimes=[singel]", "Did you mean 'single'?"),
        ("regimes=[{regime: group}]", "a group needs a name and languages"),
        ("regimes=[{regime: joint, name: x}]", "only a group has a name; joint names itself"),
        ("regimes=[{regime: group, name: single, languages: [en]}]", "is the name of a regime"),
        ("regimes=[{regime: group, name: x, languages: [hi]}]", "trains on hin-Deva, not among"),
        ("regimes=[joint, joint]", "a regime is named twice"),
        ("sizes=[10, 10]", "sizes: named twice"),
        ("seeds=[1, 1]", "seeds: named twice"),
        ("evaluation.splits=[dev, valid]", "evaluation.splits: named twice"),
        ("data.train_splits=[train, train]", "data.train_splits: named twice"),
        ("regimes=[{regime: joint, sizes: [6, 6]}]", "sizes: named twice"),
        ("regimes=[{regime: joint, languages: []}]", "at least 1 item"),
        ("evaluation.target_languages=[]", "at least 1 item"),
        ("sizes=[ten]", "a size is a number of rows from 1 to 1,000,000,000,000, or all"),
        ("sizes=[1.5]", "a size is a number of rows from 1 to"),
        ("sizes=0", "a size is a number of rows from 1 to"),
        ("sizes=[.inf]", "sizes.0: a size is a number of rows from 1 to"),
        ("sizes=[-.inf]", "sizes.0: a size is a number of rows from 1 to"),
        ("sizes=[.nan]", "sizes.0: a size is a number of rows from 1 to"),
        ("sizes=[1000000000001]", "sizes.0: a size is a number of rows from 1 to"),
        ("regimes=[{regime: joint, sizes: [.inf]}]", "regimes.0.sizes.0: a size is a number"),
        ("regimes=[{regime: joint, sizes: [1.0e+308]}]", "regimes.0.sizes.0: a size is a number"),
        ("training.max_steps=9223372036854775808", "less than or equal to 1000000000000"),
        ("training.gradient_accumulation_steps=1000001", "less than or equal to 1000000"),
        ("efficiency={rounds: 9223372036854775808}", "less than or equal to 100000"),
        ("efficiency={server_seconds: 1.0e+308}", "less than or equal to 86400"),
        ("efficiency={threads: 9223372036854775808}", "less than or equal to 4096"),
        ("seeds=[-1]", "seeds.0: input should be greater than or equal to 0"),
        ("encoders=[a/b, a/b]", "two encoders are named b"),
        ("encoders=[{model: a/b, scratch: {}}]", "give exactly one of model, scratch and from"),
        ("encoders.scratch.hidden_size=30", "is not a multiple of"),
        ("data.label_names={0: neg}", "label_names gives neg, not among the labels"),
        ("data.labels=[a]", "data.labels: task sentiment needs 2 or more labels"),
        ("data.labels=[yes, no]", "put the names of labels in quotes"),
        ("data.labels=[0, 1]", "put the names of labels in quotes"),
        ("training.num_train_epochs=1e308", "less than or equal to"),
        ("data.labels=[a, a]", "labels are named twice"),
        ("evaluation.splits=[train]", "split train is both trained and tested on"),
        ("data.dev_split=test", "dev_split 'test' is also tested on"),
        ("training.early_stopping_patience=2", "need eval_strategy: epoch or steps"),
        ("training.eval_strategy=epoch", "needs data.dev_split"),
        ("name=a b", "--set: name: a name of letters, digits, _ and - is wanted"),
        ("name=../x", "--set: name: a name of letters, digits, _ and - is wanted"),
    ],
)
def test_each_mistake_is_named_with_its_place_and_remedy(change, words):
    assert words in mistakes(GOOD, change)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("hidden_size", 2**63, "the limit is 10,000,000"),
        ("intermediate_size", 2**63, "the limit is 10,000,000"),
        ("num_attention_heads", 2**63, "the limit is 10,000,000"),
        ("tokenizer.vocab_size", 2**63, "the limit is 10,000,000"),
        ("num_hidden_layers", 2**63, "the limit is 1,000"),
        ("num_hidden_layers", 3000, "the limit is 1,000, and this is 3,000."),
    ],
)
def test_an_encoder_is_made_within_the_limits_of_those_that_are_read(key, value, told):
    said = mistakes(GOOD, f"encoders.scratch.{key}={value}")
    assert f"encoders.0.scratch.{key}: {told}" in said


def test_whoever_runs_the_command_may_raise_the_limits_of_an_encoder(monkeypatch):
    monkeypatch.setenv("ISOGLOSS_MAX_MODEL_LAYERS", "2000")
    assert load(GOOD, "encoders.scratch.num_hidden_layers=2000")
    said = mistakes(GOOD, "encoders.scratch.num_hidden_layers=3000")
    assert "set ISOGLOSS_MAX_MODEL_LAYERS." in said


def test_a_change_is_blamed_on_no_line():
    changes = ("seeds=[]", "training.num_train_epochs=x", "languages=[en, xx]")
    said = mistakes(GOOD + "seeds: [1]\n", *changes)
    assert "  --set: seeds: " in said
    assert "  --set: training.num_train_epochs: " in said
    assert "  --set: languages.1: " in said
    assert "line" not in said


@pytest.mark.parametrize("place", ["9" * 5000, "²", "7"])
def test_a_place_that_no_list_has_is_told(place):
    assert "is no place in a list of 2" in mistakes(GOOD, f"languages.{place}=en")


def test_all_mistakes_come_at_once_with_their_lines():
    text = GOOD.replace("name: toy", "nme: toy").replace("[en, de]", "[en, xx]")
    said = mistakes(text + "training: {max_stps: 3}\n")
    assert "4 mistakes" in said
    assert "line 2: nme: unknown key. Did you mean 'name'?" in said
    assert "line 6: languages.1: Unknown language 'xx'" in said
    assert "line 8: training.max_stps" in said
    assert "name: this key is needed" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no `key: value` lines"),
        ("- a", "holds no `key: value` lines"),
        ("a: [1", "not valid YAML: line"),
        ("a: !!python/object/apply:os.system [ls]", "not valid YAML"),
        ("name: a\nname: b", "toy.yaml:2: the key 'name' stands twice"),
        ("a: &x [*x]", "toy.yaml:1: aliases"),
        ("a: 99999999-99-99", "toy.yaml"),
    ],
)
def test_what_is_no_study_is_one_clear_message(text, words):
    assert words in mistakes(text)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ('!!timestamp "abc"', "timestamp"),
        ("!!timestamp {=: x}", "timestamp"),
        ("2020-13-45", "timestamp"),
        ('!!bool "q"', "bool"),
        ('!!int ""', "int"),
        ('!!float "abc"', "float"),
        ("9" * 5000, "int"),
    ],
)
def test_a_value_that_its_tag_does_not_fit_is_told_with_its_line(value, kind):
    said = mistakes(f"name: toy\nlanguages: [en, {value}]")
    assert said.startswith("toy.yaml is not valid YAML: line 2, column 17: ")
    assert f"cannot be read as YAML's {kind}; " in said
    assert f"cannot be read as YAML's {kind}; " in mistakes(GOOD, f"name={value}")


def test_a_file_that_is_missing_huge_or_not_utf8_is_one_clear_message(tmp_path):
    for name, content, words in [
        ("latin.yaml", "name: é".encode("latin-1"), "not UTF-8"),
        ("huge.yaml", b"#" * (2**20 + 1), "ISOGLOSS_MAX_STUDY_BYTES"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=words):
            load_study(tmp_path / name)
    with pytest.raises(InputError, match="There is no study file"):
        load_study(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        load_study(tmp_path)


def test_changes_reach_into_mappings_and_lists_and_bad_ones_are_refused():
    study = load(GOOD, "training.learning_rate=3e-5", "languages.1=hindi", "seeds=[1,2]")
    assert study.training.learning_rate == 3e-5
    assert study.languages == ("eng-Latn", "hin-Deva")
    assert study.seeds == (1, 2)
    for change in ("training", "=1", "languages.9=de", "name.x=1", "seeds=[1"):
        assert change in mistakes(GOOD, change)


def test_relative_folders_are_taken_from_the_studys_place(tmp_path):
    (tmp_path / "checkpoint").mkdir()
    path = tmp_path / "toy.yaml"
    path.write_text(GOOD.replace("{name: tiny, scratch: {}}", "[checkpoint, org/model]"))
    study = load_study(path)
    assert study.data.source.root == tmp_path / "data"
    assert [e.model for e in study.encoders] == [str(tmp_path / "checkpoint"), "org/model"]
    assert [e.display for e in study.encoders] == ["checkpoint", "model"]


def test_folders_typed_on_the_command_line_are_taken_from_where_it_is_typed(tmp_path, monkeypatch):
    (tmp_path / "here" / "model").mkdir(parents=True)
    path = tmp_path / "toy.yaml"
    path.write_text(GOOD.replace("{name: tiny, scratch: {}}", "[{model: org/model}]"))
    monkeypatch.chdir(tmp_path / "here")
    study = load_study(path, ["data.source.root=data", "encoders.0.model=model"])
    assert study.data.source.root == tmp_path / "here" / "data"
    assert study.encoders[0].model == str(tmp_path / "here" / "model")


def test_a_declaration_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        load(GOOD).training.learning_rate = 1.0


def test_identity_leaves_out_what_changes_cost_only_and_writes_defaults_out():
    said = identity(Training())
    assert said["learning_rate"] == 2e-5
    marked = {
        name
        for name, field in Training.model_fields.items()
        if any(isinstance(mark, NotIdentity) for mark in field.metadata)
    }
    assert marked == {
        "max_tokens", "save_seconds", "logging_steps", "report_to", "cuda_graphs",
    }  # fmt: skip
    assert not marked & set(said)


@pytest.mark.parametrize(
    ("regime", "sets"),
    [
        ({"regime": "joint"}, [("a", "b", "c")]),
        ({"regime": "single"}, [("a",), ("b",), ("c",)]),
        ({"regime": "leave_one_out"}, [("b", "c"), ("a", "c"), ("a", "b")]),
    ],
)
def test_regimes_choose_their_source_languages(regime, sets):
    assert source_sets(Regime(**regime), ("a", "b", "c")) == sets


def test_a_group_trains_on_its_languages_in_the_studys_order():
    regime = Regime(regime="group", name="west", languages=("de", "en"))
    assert source_sets(regime, ("eng-Latn", "deu-Latn", "hin-Deva")) == [("eng-Latn", "deu-Latn")]


def test_writing_a_default_out_changes_no_identity():
    plain = load(GOOD)
    for part in ("training", "sampling", "evaluation"):
        declared = getattr(plain, part)
        for name, value in declared.model_dump(mode="json").items():
            if value is not None:
                written = load(GOOD, f"{part}.{name}={json.dumps(value)}")
                assert json.dumps(identity(written)) == json.dumps(identity(plain)), name
    assert canonical(identity(load(GOOD, "training.warmup_steps=0"))) == canonical(identity(plain))


def test_truth_values_can_name_labels():
    study = load(GOOD, "data.label_names={true: positive, no: negative, 2: positive}")
    assert study.data.label_names == {"true": "positive", "false": "negative", "2": "positive"}


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_template_is_a_valid_study(name):
    assert study_from(parse_document(template_text(name), name)).name


def test_the_hub_template_is_the_shipped_notebook():
    shipped = Path(__file__).parents[2] / "studies" / "cross_language_sentiment.yaml"
    assert shipped.read_text() == template_text("hub")


def test_the_schema_names_every_key_and_refuses_unknown_ones():
    schema = study_schema()
    assert set(schema["properties"]) == set(Study.model_fields)
    assert schema["additionalProperties"] is False
    training = schema["$defs"]["Training"]
    assert all("description" in entry for entry in training["properties"].values())


def test_schema_and_templates_agree_on_the_keys():
    known = set(study_schema()["properties"])
    for name in TEMPLATES:
        assert set(yaml.safe_load(template_text(name))) <= known


def test_bad_study_counts_one_mistake_as_one():
    with pytest.raises(BadStudy, match="1 mistake:"):
        load(GOOD, "nam=1")


def test_the_labels_of_entities_are_their_types():
    told = mistakes(GOOD, "task=ner", "data.labels=[B-PER, I-PER]")
    assert "data.labels: for ner the types of entities (PER), not their tags (B-PER)" in told


def test_no_flag_lets_a_model_run_its_own_code():
    text = GOOD.replace("{name: tiny, scratch: {}}", "{model: a/b, trust_remote_code: true}")
    assert "no flag lets a model run its own code" in mistakes(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: " + "[" * 100_000, "in each other"),
        ("a: " + "{b: " * 50 + "1" + "}" * 50, "in each other"),
        ('a: "x\\0y"', "U+0000"),
        ('a: "x\\ud83dy"', "U+D83D"),
        ('a: "\\e[31m"', "U+001B"),
        ('"\\u202ea": b', "U+202E"),
        ("a: 0x" + "f" * 5000, "whole number"),
        ("a: " + "9" * 5000, "cannot be read as YAML"),
        ("a: " + "x" * 30_000, "30,000 characters"),
        ("a: 1e400", "needed"),
        ("a: https://ada:secret1@hub.example", "token or a password"),
        ("? [a, b]\n: c", "not valid YAML"),
        ("a: 1\n--- \nb: 2", "not valid YAML"),
    ],
)
def test_what_no_study_needs_is_refused_before_it_costs_anything(text, words):
    assert words in mistakes(text)


def test_a_study_that_holds_a_token_is_refused_without_showing_it(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "a-token-of-mine")
    said = mistakes(GOOD.replace("name: toy", "name: toy\ndescription: use a-token-of-mine"))
    assert "token or a password" in said
    assert "a-token-of-mine" not in said
    said = mistakes(GOOD, "description=a-token-of-mine")
    assert "token or a password" in said
    assert "a-token-of-mine" not in said


def test_a_pipe_is_no_study_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "study.yaml")
    with pytest.raises(InputError, match="no plain file"):
        load_study(tmp_path / "study.yaml")


@pytest.mark.parametrize("name", ["..", ".", "../x", "a/b", "-x", "a b", "x" * 121])
def test_the_name_of_an_encoder_can_be_the_name_of_a_file(name):
    assert "encoders.0.name" in mistakes(GOOD, f"encoders=[{{name: '{name}', scratch: {{}}}}]")
