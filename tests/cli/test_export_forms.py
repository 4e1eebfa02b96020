"""`isogloss export model --form`: the folder of a form as it was tested, and its own scores."""

import ast
import hashlib
import itertools
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from huggingface_hub import ModelCard
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)

from balance_toys import SMALL, write_small
from exports import made, refused, rows_of
from isogloss.store.store import Store
from tag_study import MEASURED
from toys import STUDY, write_toy

FORMS = ["torch", "torch-fp32", "trimmed", "onnx", "onnx-int8"]
TEXTS = STUDY.replace(
    "regimes: [{regime: joint, sizes: [6, 12]}, {regime: single, sizes: [12]}]",
    "regimes: [{regime: joint, sizes: [24]}]",
).replace("num_train_epochs: 2", "num_train_epochs: 30")
TEXTS += f"efficiency: {{forms: [{', '.join(FORMS)}], rounds: 1}}\n"
TAGS = MEASURED.replace("forms: [torch, trimmed]", "forms: [torch, onnx]").replace(
    "seeds: [1, 2]", "seeds: [1]"
)
ONE = ("--encoder", "small", "--seed", "2")


@pytest.fixture
def tagger(isogloss, measured, monkeypatch):
    """The command beside a finished study of entities in the forms torch and trimmed."""
    monkeypatch.chdir(measured)
    return isogloss


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """A study of texts in every form that any machine can test, only not measured."""
    folder = tmp_path_factory.mktemp("texts")
    write_toy(folder, TEXTS)
    return made(folder, "toy.yaml")


@pytest.fixture(scope="module")
def entities(tmp_path_factory):
    """A study of entities with a form of ONNX, only not measured."""
    folder = tmp_path_factory.mktemp("entities")
    (folder / "tagged.yaml").write_text(TAGS, encoding="utf-8")
    return made(folder, "tagged.yaml")


def predictions(run, study: str, **columns):
    """What Isogloss said of each test unit of one evaluation."""
    (step,) = {row["step"] for row in rows_of(run, study, **columns)}
    return pq.read_table(Store(Path(".isogloss")).folder(step) / "predictions.parquet").to_pylist()


def assert_bytes_of_the_store(folder: Path, step: str) -> None:
    """Every file of the step and its card, each with the digest that the manifest has."""
    stored = Store(Path(".isogloss")).manifest(step)["files"]
    assert {path.name for path in folder.iterdir()} == {*stored, "README.md"}
    for name, known in stored.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == known["sha256"]


def card_scores(folder: Path) -> dict[tuple[str, str], float]:
    results = ModelCard.load(folder / "README.md").data.eval_results or []
    return {(r.dataset_config, r.metric_name): r.metric_value for r in results}


# ---- a form of torch


@pytest.fixture
def trimmed(tagger, tmp_path):
    said = tagger(
        "export", "model", "tagged.yaml", str(tmp_path / "m"), *ONE, "--form", "trimmed", "--json"
    )
    assert said.code == 0, said.err
    return tmp_path / "m", said.json


def test_a_form_is_exported_as_the_store_has_it(trimmed):
    folder, told = trimmed
    assert told.keys() == {"folder", "form", "step", "files"}
    assert told["form"] == "trimmed"
    assert Store(Path(".isogloss")).manifest(told["step"])["kind"] == "serve"
    assert_bytes_of_the_store(folder, told["step"])
    assert sorted(told["files"]) == sorted(str(path) for path in folder.iterdir())


def test_a_form_answers_as_it_did_when_it_was_tested(trimmed, tagger):
    """Sentences whose words the tokenizer leaves whole or in pieces, never without any."""
    folder, _ = trimmed
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    where = {"encoder": "small", "seed": 2, "form": "trimmed", "target_language": "deu-Latn"}
    answers = predictions(tagger, "tagged.yaml", **where)
    seen = 0
    for example, group in itertools.groupby(answers, lambda row: row["example"]):
        said = [row["predicted"] for row in group]
        words = german_words()[example]
        encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
        of_words = encoded.word_ids()
        if len(of_words) > 32 or not set(range(len(words))) <= set(of_words):
            continue
        with torch.no_grad():
            best = model(**encoded).logits[0].argmax(-1).tolist()
        found = [model.config.id2label[best[of_words.index(at)]] for at in range(len(words))]
        assert found == said
        seen += len(words)
    assert seen > 500


def german_words():
    """Id -> words of the German test sentences, off the step that read them."""
    store = Store(Path(".isogloss"))
    keys = store.keys()
    for key in keys:
        manifest = store.manifest(key)
        place = manifest["record"].get("language"), manifest["record"].get("split")
        if manifest["kind"] == "data" and place == ("deu-Latn", "test"):
            (file,) = store.folder(key).glob("*.parquet")
            return {row["id"]: row["tokens"] for row in pq.read_table(file).to_pylist()}
    raise AssertionError("no German")


def test_the_card_of_a_form_has_its_own_scores_and_no_others(trimmed, tagger):
    folder, told = trimmed
    by_seed = {
        seed: {
            (row["target_language"], row["metric"]): row["value"]
            for row in rows_of(tagger, "tagged.yaml", encoder="small", seed=seed, form="trimmed")
            if row["target_language"]
        }
        for seed in (1, 2)
    }
    found = {(code, name.casefold()): value for (code, name), value in card_scores(folder).items()}
    assert len(found) == 3 * 4
    assert found == {place: by_seed[2][place] for place in found}
    assert found != {place: by_seed[1][place] for place in found}, "a test that can fail"
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "form of serving is **`trimmed`**" in card
    assert "Yes, on those texts." in card
    record = Store(Path(".isogloss")).record(told["step"])
    before, after = record["vocabulary_before"], record["vocabulary_after"]
    assert after < before
    assert f"| vocabulary | {after:,} of {before:,} entries |" in card
    assert f"isogloss export model {told['step']} m\n" in card


def test_keys_stand_for_their_form(trimmed, tagger, tmp_path):
    folder, told = trimmed
    (training, *_) = rows_of(tagger, "tagged.yaml", encoder="small", seed=2, split="train")
    tests = rows_of(tagger, "tagged.yaml", encoder="small", seed=2, form="trimmed", split="test")
    asked = [
        (told["step"],),
        (told["step"][:9],),
        (tests[0]["step"],),
        (tests[-1]["step"], "--form", "trimmed"),
        (training["step"], "--form", "trimmed"),
    ]
    for at, (key, *flags) in enumerate(asked):
        said = tagger("export", "model", key, str(tmp_path / f"n{at}"), *flags, "--json")
        assert said.code == 0, said.err
        assert (said.json["step"], said.json["form"]) == (told["step"], "trimmed")
        for path in folder.iterdir():
            if path.name != "README.md":
                assert (tmp_path / f"n{at}" / path.name).read_bytes() == path.read_bytes()
    said = tagger("export", "model", training["step"], str(tmp_path / "as-trained"), "--json")
    assert (said.json["step"], said.json["form"]) == (training["step"], "torch")
    for form in ("torch", "onnx"):
        refused(
            tagger("export", "model", told["step"], str(tmp_path / "no"), "--form", form),
            f"is of the form trimmed, not {form}", "Leave out --form", training["step"],
        )  # fmt: skip
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("form", ["torch-fp32", "torch-bf16"])
def test_a_precision_is_the_trained_folder_and_said_on_the_card(tagger, tmp_path, form):
    change = ("--set", f"efficiency.forms=[torch,trimmed,{form}]")
    words = ("export", "model", "tagged.yaml")
    said = tagger(*words, str(tmp_path / "m"), *ONE, "--form", form, *change, "--json")
    assert said.code == 0, said.err
    assert said.json["form"] == form
    assert tagger(*words, str(tmp_path / "whole"), *ONE).code == 0
    for path in (tmp_path / "whole").iterdir():
        same = path.read_bytes() == (tmp_path / "m" / path.name).read_bytes()
        assert same is (path.name != "README.md")
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert f"form of serving is **`{form}`**" in card
    assert "It was not tested in this form" in card
    assert card_scores(tmp_path / "m") == {}, "not those of the trained model"
    assert ("torch.autocast" in card) is (form == "torch-bf16")
    assert f"isogloss export model {said.json['step']} m --form {form}\n" in card


def test_a_form_that_the_study_does_not_have_says_how_to_make_it(tagger, tmp_path):
    told = refused(
        tagger("export", "model", "tagged.yaml", str(tmp_path / "m"), *ONE, "--form", "onnx-int8"),
        "has nothing in the form onnx-int8. Its forms: torch, trimmed.",
    )
    assert "--set 'efficiency.forms=[torch,trimmed,onnx-int8]'" in told
    (training, *_) = rows_of(tagger, "tagged.yaml", encoder="small", seed=2, split="train")
    refused(
        tagger("export", "model", training["step"], str(tmp_path / "m"), "--form", "onnx"),
        "has nothing in the form onnx.", "efficiency.forms=[torch,trimmed,onnx]",
    )  # fmt: skip
    assert not (tmp_path / "m").exists()


def test_what_is_told_to_make_a_form_is_a_study(tagger, tmp_path, isogloss, monkeypatch):
    """The change that the message gives is one that the study takes, also where it has none."""
    monkeypatch.chdir(tmp_path)
    write_toy(tmp_path)
    told = refused(
        isogloss("export", "model", "toy.yaml", "m", "--form", "trimmed"), "Its forms: torch."
    )
    change = re.search(r"--set '([^']+)'", told)[1]
    assert isogloss("validate", "toy.yaml", "--set", change).code == 0
    words = ("export", "model", "toy.yaml", "m", "--form", "trimmed", "--set", change)
    refused(isogloss(*words), "is not trained yet", change, code=1)


def test_a_form_that_is_not_made_or_failed_says_what_to_do(tagger, measured, tmp_path, monkeypatch):
    shutil.copytree(measured, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    change = ("--set", "efficiency.forms=[torch,trimmed,onnx]")
    words = ("export", "model", "tagged.yaml", "m", *ONE, "--form", "onnx", *change)
    told = refused(tagger(*words), "as onnx", "is not made yet. Make it", change[1], code=1)
    key = re.search(r"step ([0-9a-f]{16})", told)[1]
    Store(Path(".isogloss")).fail(key, {"message": "pip install 'isogloss[onnx]'"})
    refused(tagger(*words), f"{key}) failed: pip install", "isogloss run tagged.yaml", code=1)
    assert not Path("m").exists()


def test_several_models_in_a_form_are_listed_by_the_keys_of_that_form(tagger, tmp_path):
    said = tagger("export", "model", "tagged.yaml", str(tmp_path / "m"), "--form", "trimmed")
    told = refused(said, "4 models", "fit as trimmed", "small joint size=150 seed=1 as trimmed")
    keys = re.findall(r"[0-9a-f]{16}", told)
    store = Store(Path(".isogloss"))
    assert len(set(keys)) == 4
    assert {store.manifest(key)["kind"] for key in keys} == {"serve"}


def test_a_model_that_the_study_does_not_serve_is_refused_with_those_it_does(isogloss, tmp_path):
    write_toy(tmp_path, STUDY + "efficiency: {forms: [torch, trimmed]}\n")
    words = ("export", "model", "toy.yaml", "m", "--form", "trimmed")
    refused(
        isogloss(*words, "--regime", "single"),
        "no such model as trimmed. It has:", "tiny joint size=12 seed=1 as trimmed (not finished)",
    )  # fmt: skip


def test_a_pre_trained_encoder_has_no_form(isogloss, tmp_path):
    write_small(tmp_path, SMALL)
    refused(
        isogloss("export", "model", "small.yaml", "m", "--form", "onnx"),
        "only fine-tuned models are brought into forms",
    )


def test_an_unknown_form_gets_the_nearest_name(tagger):
    words = ("export", "model", "tagged.yaml", "m", "--form")
    refused(tagger(*words, "onnx-int4"), "Unknown form of serving 'onnx-int4'", "onnx-int8")
    refused(tagger(*words, ""), "Unknown form of serving")


def test_a_damaged_form_is_not_exported(tagger, measured, tmp_path, monkeypatch):
    shutil.copytree(measured, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    words = ("export", "model", "tagged.yaml", "m", *ONE, "--form", "trimmed")
    key = tagger(*words, "--json").json["step"]
    shutil.rmtree("m")
    weights = Path(".isogloss") / "steps" / key / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    refused(tagger(*words), "is damaged", "model.safetensors", code=1)
    assert not Path("m").exists()
    assert tagger(*words[:4], *ONE).code == 0, "the trained model is whole"


# ---- ONNX


def answers_of(folder: Path, texts: list[str]):
    """Probabilities by ONNX Runtime, a text at a time: [texts, labels], by hand."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(folder / "model.onnx"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = []
    for text in texts:
        ids = np.array([tokenizer(text, truncation=True, max_length=16)["input_ids"]])
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        (logits,) = session.run(None, given)
        found.append(torch.tensor(logits[0]).softmax(-1))
    return torch.stack(found)


@pytest.fixture
def classifier(isogloss, texts, monkeypatch, tmp_path):
    """Export the classifier in a form: its folder and what was told."""
    monkeypatch.chdir(texts)

    def get(form):
        folder = tmp_path / form
        said = isogloss("export", "model", "toy.yaml", str(folder), "--form", form, "--json")
        assert said.code == 0, said.err
        return folder, said.json

    return get


def lines_of(texts: Path, language: str) -> list[str]:
    lines = (texts / "data" / language / "test.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize(("form", "off"), [("onnx", 1e-5), ("onnx-int8", 0.1)])
def test_an_exported_onnx_model_answers_as_torch_and_as_it_was_tested(
    classifier, texts, isogloss, form, off
):
    folder, told = classifier(form)
    assert_bytes_of_the_store(folder, told["step"])
    trained, _ = classifier("torch")
    model = AutoModelForSequenceClassification.from_pretrained(trained).eval()
    tokenizer = AutoTokenizer.from_pretrained(trained)
    for language, code in (("de", "deu-Latn"), ("hi", "hin-Deva")):
        some = lines_of(texts, language)
        said = answers_of(folder, some)
        with torch.no_grad():
            want = torch.cat([
                model(**tokenizer(text, truncation=True, max_length=16, return_tensors="pt")).logits
                for text in some
            ]).softmax(-1)  # fmt: skip
        assert (said - want).abs().max() <= off
        assert (said != want).any()
        stored = predictions(isogloss, "toy.yaml", form=form, target_language=code)
        labels = [model.config.id2label[at] for at in range(3)]
        tested = torch.tensor([[row[f"probability/{name}"] for name in labels] for row in stored])
        assert (said - tested).abs().max() <= off, "batches differ, and 8 bits hang on them"
        assert len({row["predicted"] for row in stored}) > 1, "it has learned something"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["torch-fp32", "trimmed", "onnx", "onnx-int8"])
def test_each_form_has_its_own_scores_on_its_card(classifier, isogloss, form):
    folder, _ = classifier(form)
    rows = rows_of(isogloss, "toy.yaml", form=form, metric="macro_f1")
    want = {row["target_language"]: row["value"] for row in rows}
    found = {code: v for (code, name), v in card_scores(folder).items() if name == "macro F1"}
    assert len(found) == 3
    assert found == want


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_the_code_on_a_card_of_texts_runs(classifier, texts, form, capfd):
    folder, _ = classifier(form)
    card = (folder / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    some = lines_of(texts, "de")[:3]
    code = code.replace('["...", "..."]', repr(some)).replace("path/to/this/folder", str(folder))
    capfd.readouterr()
    exec(compile(code, "card", "exec"), {})
    lines = capfd.readouterr().out.splitlines()
    if not form.startswith("onnx"):
        assert ast.literal_eval(lines[0])[0]["label"] in {"negative", "neutral", "positive"}
        return
    assert "max_length=16" in code
    names = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
    off = 0.1 if form == "onnx-int8" else 1e-5
    shares = answers_of(folder, some)
    for line, text, share in zip(lines, some, shares, strict=True):
        said = ast.literal_eval(line)
        assert said["text"] == text
        place = int(next(at for at, name in names.items() if name == said["label"]))
        assert said["score"] == pytest.approx(float(share[place]), abs=off)
        assert said["score"] >= float(share.max()) - off


@pytest.mark.slow
def test_the_code_on_a_card_of_entities_tags_as_it_was_tested(
    isogloss, entities, tmp_path, monkeypatch, capfd
):
    monkeypatch.chdir(entities)
    words = ("export", "model", "tagged.yaml", str(tmp_path / "m"), "--encoder", "other")
    said = isogloss(*words, "--form", "onnx", "--json")
    assert said.code == 0, said.err
    assert_bytes_of_the_store(tmp_path / "m", said.json["step"])
    where = {"encoder": "other", "form": "onnx", "target_language": "deu-Latn"}
    answers = predictions(isogloss, "tagged.yaml", **where)
    tested = {}
    for row in answers:
        tested.setdefault(row["example"], []).append(row["predicted"])
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "m")
    sentences = {
        name: one
        for name, one in german_words().items()
        if len(tokenizer(one, is_split_into_words=True)["input_ids"]) <= 32
    }
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    code = code.replace('[["...", "..."], ["..."]]', repr(list(sentences.values())))
    capfd.readouterr()
    exec(compile(code.replace("path/to/this/folder", str(tmp_path / "m")), "card", "exec"), {})
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == len(sentences) > 20
    for line, (name, one) in zip(lines, sentences.items(), strict=True):
        assert ast.literal_eval(line) == list(zip(one, tested[name], strict=True))
    assert {tag for tags in tested.values() for tag in tags} - {"O"}
