"""`isogloss export`: a model that loads elsewhere, results that say what the records say."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
import yaml
from huggingface_hub import ModelCard, metadata_load
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    pipeline,
)

from balance_toys import SMALL, write_small
from command import fresh
from exports import made, refused, rows_of
from isogloss.model.masked import load_masked_lm
from isogloss.report.comparison.measures import per_unit, statistic
from isogloss.report.comparison.units import read_units
from isogloss.stats.combined import score_interval
from isogloss.store.store import Store
from tag_study import MEASURED
from tag_toys import make_model, make_tokenizer
from toys import STUDY, write_toy

DOCS = Path(__file__).parents[2] / "docs" / "exporting.md"
LOCAL = (
    STUDY.replace("encoders:", "encoders:\n  - {name: local, model: ./checkpoint}")
    .replace(
        "regimes: [{regime: joint, sizes: [6, 12]}, {regime: single, sizes: [12]}]",
        "regimes: [{regime: joint, sizes: [6]}, {regime: single, sizes: [6], languages: [de]}]",
    )
    .replace("max_length: 16", "max_length: 12")
)
"""Texts; one encoder from a folder, one from scratch."""


@pytest.fixture(scope="module")
def entities(tmp_path_factory):
    """A finished study of entities: two encoders and seeds, two forms; only not measured."""
    folder = tmp_path_factory.mktemp("entities")
    (folder / "tagged.yaml").write_text(MEASURED, encoding="utf-8")
    return made(folder, "tagged.yaml")


@pytest.fixture
def tagger(isogloss, entities, monkeypatch):
    """The command beside the study of entities."""
    monkeypatch.chdir(entities)
    return isogloss


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """A finished study of texts."""
    folder = tmp_path_factory.mktemp("texts")
    make_model("bert").save_pretrained(folder / "checkpoint")
    make_tokenizer("bert").save_pretrained(folder / "checkpoint")
    write_toy(folder, LOCAL)
    fresh(folder, "run", "toy.yaml", check=True)
    return folder


@pytest.fixture(scope="module")
def students(tmp_path_factory):
    """A finished pre-training of two teachers and three students."""
    folder = tmp_path_factory.mktemp("students")
    write_small(folder, SMALL)
    fresh(folder, "run", "small.yaml", check=True)
    return folder


def code_of(card: str) -> str:
    return re.search(r"```python\n(.*?)```", card, re.DOTALL)[1]


# ---- models


@pytest.fixture
def exported(tagger, tmp_path):
    """A tagger in a folder of its own."""
    words = ("--encoder", "small", "--seed", "2", "--license", "mit")
    said = tagger("export", "model", "tagged.yaml", str(tmp_path / "ner"), *words, "--json")
    assert said.code == 0, said.err
    return tmp_path / "ner", said.json


def test_an_exported_tagger_answers_as_the_stored_one(exported):
    folder, told = exported
    assert sorted(told["files"]) == sorted(str(path) for path in folder.iterdir())
    stored = Store(Path(".isogloss")).folder(told["step"])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    words = tokenizer(["Ada", "laughs"], is_split_into_words=True, return_tensors="pt")
    answers = [
        AutoModelForTokenClassification.from_pretrained(home).eval()(**words).logits
        for home in (stored, folder)
    ]
    assert torch.equal(*answers)
    assert {path.name for path in folder.iterdir()} >= {
        "README.md", "config.json", "model.safetensors", "tokenizer.json",
    }  # fmt: skip
    config = json.loads((folder / "config.json").read_text())
    assert config["id2label"]["1"] == "B-PER"
    assert "training.json" not in {path.name for path in folder.iterdir()}


def test_the_card_tells_the_hub_what_the_records_tell(exported, tagger):
    folder, told = exported
    card = ModelCard.load(folder / "README.md")
    assert metadata_load(folder / "README.md")["license"] == "mit"
    rows = rows_of(tagger, "tagged.yaml", encoder="small", seed=2, form="torch")
    want = {(row["target_language"], row["metric"]): row["value"] for row in rows}
    found = {(r.dataset_config, r.metric_type): r.metric_value for r in card.data.eval_results}
    assert len(found) == 3 * 4
    assert found == {place: want[place] for place in found}
    assert f"`{told['step']}`" in card.text
    assert "isogloss run tagged.yaml" in card.text
    assert "(2 seeds)" in card.text


def test_intervals_and_the_mean_of_seeds_are_those_of_the_stored_predictions(exported, tagger):
    lines = (exported[0] / "README.md").read_text(encoding="utf-8").splitlines()
    (german,) = (line.split(" | ") for line in lines if line.startswith("| German | test"))
    where = {"encoder": "small", "form": "torch", "target_language": "deu-Latn", "metric": "f1"}
    store = Store(Path(".isogloss"))
    by_seed = {
        row["seed"]: per_unit(
            read_units(store.folder(row["step"]), task="ner", labels=("PER", "LOC", "ORG")), "f1"
        )
        for row in rows_of(tagger, "tagged.yaml", **where)
    }
    for cell, chosen in ((german[3], {2: by_seed[2]}), (german[4], by_seed)):
        found = score_interval(chosen, statistic("f1"))
        numbers = [float(number) for number in re.findall(r"-?[0-9.]+", cell)[:3]]
        want = [found.mean, max(0.0, found.low), min(1.0, found.high)]
        assert numbers == pytest.approx(want, abs=0.06)
        assert numbers[1] < numbers[0] < numbers[2]


@pytest.mark.parametrize("choice", [("--encoder", "local"), ("--encoder", "tiny")])
def test_an_exported_classifier_answers_as_the_stored_one(
    isogloss, texts, tmp_path, monkeypatch, choice
):
    monkeypatch.chdir(texts)
    words = (*choice, "--regime", "single", "--sources", "de")
    told = isogloss("export", "model", "toy.yaml", str(tmp_path / "m"), *words, "--json").json
    stored = Store(Path(".isogloss")).folder(told["step"])
    encoded = AutoTokenizer.from_pretrained(tmp_path / "m")("gut fein", return_tensors="pt")
    answers = [
        AutoModelForSequenceClassification.from_pretrained(home).eval()(**encoded).logits
        for home in (stored, tmp_path / "m")
    ]
    assert torch.equal(*answers)
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert "A model for sentiment classification in German" in card
    assert "no training text of English and Hindi" in card
    for path in (tmp_path / "m").iterdir():
        if path.suffix != ".safetensors":
            assert str(texts) not in path.read_text(encoding="utf-8"), "no place on this machine"


def test_a_student_is_exported_with_its_teachers(isogloss, students, tmp_path, monkeypatch):
    monkeypatch.chdir(students)
    words = ("--encoder", "soft-balanced", "--json")
    told = isogloss("export", "model", "small.yaml", str(tmp_path / "m"), *words).json
    stored = Store(Path(".isogloss")).folder(told["step"])
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "m")
    encoded = tokenizer(f"Die {tokenizer.mask_token}", return_tensors="pt")
    answers = [
        AutoModelForMaskedLM.from_pretrained(home).eval()(**encoded).logits
        for home in (stored, tmp_path / "m")
    ]
    assert torch.equal(*answers)
    card = ModelCard.load(tmp_path / "m" / "README.md")
    assert card.data.tags == ["isogloss", "masked-lm", "multilingual", "distillation"]
    rows = rows_of(isogloss, "small.yaml", encoder="soft-balanced", metric="mrr")
    want = {row["target_language"]: row["value"] for row in rows}
    found = {r.dataset_config: r.metric_value for r in card.data.eval_results
             if r.metric_type == "mrr"}  # fmt: skip
    assert found == want
    assert "teacher/deu-Latn seed=" in card.text


def stored_answers(run, study: str, **columns):
    """What Isogloss said of each test unit of one evaluation."""
    store = Store(Path(".isogloss"))
    (step,) = {row["step"] for row in rows_of(run, study, **columns)}
    return pq.read_table(store.folder(step) / "predictions.parquet").to_pylist()


def test_the_public_pipeline_classifies_as_isogloss_does(isogloss, texts, tmp_path, monkeypatch):
    monkeypatch.chdir(texts)
    words = ("--encoder", "local", "--regime", "single", "--sources", "de")
    assert isogloss("export", "model", "toy.yaml", str(tmp_path / "m"), *words).code == 0
    classify = pipeline("text-classification", model=str(tmp_path / "m"), device="cpu", top_k=None)
    labels = set()
    for language, code in (("de", "deu-Latn"), ("en", "eng-Latn")):
        answers = stored_answers(
            isogloss, "toy.yaml", encoder="local", regime="single", target_language=code
        )
        lines = (texts / "data" / language / "test.jsonl").read_text(encoding="utf-8")
        rows = [json.loads(line) for line in lines.splitlines()]
        assert len(rows) == len(answers) == 12
        for row, want in zip(rows, answers, strict=True):
            said = classify(row["text"], truncation=True)
            said = said[0] if isinstance(said[0], list) else said
            best = max(said, key=lambda one: one["score"])
            assert best["label"] == want["predicted"]
            for one in said:
                share = want[f"probability/{one['label']}"]
                assert one["score"] == pytest.approx(share, abs=1e-5)
            labels.add(best["label"])
    assert labels <= {"negative", "neutral", "positive"}


def entities_of(words, tags):
    """Runs of one type, as spans of the sentence with a blank between words; B- begins another."""
    found, at, before = [], 0, None
    for word, tag in zip(words, tags, strict=True):
        kind = None if tag == "O" else tag[2:]
        if kind and kind == before and tag[0] == "I":
            found[-1] = (kind, found[-1][1], at + len(word))
        elif kind:
            found.append((kind, at, at + len(word)))
        before, at = kind, at + len(word) + 1
    return found


def test_the_public_pipeline_tags_as_isogloss_does(exported, tagger):
    """Words of letters or one sign, as the pipeline cuts words itself; few: it knows no windows."""
    folder, _ = exported
    tag = pipeline(
        "token-classification", model=str(folder), device="cpu", aggregation_strategy="first"
    )
    n_sentences, n_entities = 0, 0
    for code in ("eng-Latn", "spa-Latn", "deu-Latn"):
        said = {}
        where = {"encoder": "small", "seed": 2, "form": "torch", "target_language": code}
        for answer in stored_answers(tagger, "tagged.yaml", **where):
            said.setdefault(answer["example"], []).append(answer["predicted"])
        for example, words in sentences_of(code):
            n_pieces = len(tag.tokenizer(" ".join(words))["input_ids"])
            if n_pieces > 32 or not all(word.isalpha() or len(word) == 1 for word in words):
                continue
            want = entities_of(words, said[example])
            found = [(e["entity_group"], e["start"], e["end"]) for e in tag(" ".join(words))]
            assert found == want, words
            n_sentences, n_entities = n_sentences + 1, n_entities + len(want)
    assert n_sentences > 20
    assert n_entities > 10


def sentences_of(code):
    """Id and words of the test sentences that the study has read of a language."""
    store = Store(Path(".isogloss"))
    keys = store.keys()
    for key in keys:
        manifest = store.manifest(key)
        record = manifest["record"]
        if manifest["kind"] == "data" and (record["language"], record["split"]) == (code, "test"):
            (file,) = store.folder(key).glob("*.parquet")
            return [(row["id"], row["tokens"]) for row in pq.read_table(file).to_pylist()]
    raise AssertionError(code)


def test_the_public_pipeline_fills_masks_as_isogloss_does(
    isogloss, students, tmp_path, monkeypatch
):
    monkeypatch.chdir(students)
    words = ("--encoder", "soft-balanced", "--json")
    told = isogloss("export", "model", "small.yaml", str(tmp_path / "m"), *words).json
    fill = pipeline("fill-mask", model=str(tmp_path / "m"), device="cpu", top_k=5)
    own = load_masked_lm(Store(Path(".isogloss")).folder(told["step"]), attention="eager").eval()
    mask = fill.tokenizer.mask_token
    for text in (f"Die {mask}", f"{mask} is good", f"the {mask} was", mask):
        inputs = fill.tokenizer(text, return_tensors="pt")
        (place,) = (inputs["input_ids"][0] == fill.tokenizer.mask_token_id).nonzero()[0]
        with torch.no_grad():
            shares = own(**inputs).logits[0, place].softmax(-1)
        best = shares.topk(5)
        assert [one["token"] for one in fill(text)] == best.indices.tolist()
        assert [one["score"] for one in fill(text)] == pytest.approx(best.values.tolist(), abs=1e-6)


@pytest.mark.parametrize("study", ["tagged.yaml", "toy.yaml", "small.yaml"])
def test_the_code_on_a_card_runs(
    isogloss, entities, texts, students, tmp_path, monkeypatch, study, capfd
):
    folders = {"tagged.yaml": entities, "toy.yaml": texts, "small.yaml": students}
    monkeypatch.chdir(folders[study])
    choice = {
        "tagged.yaml": ("--encoder", "small", "--seed", "1"),
        "toy.yaml": ("--encoder", "tiny", "--regime", "joint"),
        "small.yaml": ("--encoder", "hard-all"),
    }
    said = isogloss("export", "model", study, str(tmp_path / "m"), *choice[study])
    assert said.code == 0, said.err
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    code = code_of(card).replace("path/to/this/folder", str(tmp_path / "m"))
    exec(compile(code, "card", "exec"), {})
    assert "[" in capfd.readouterr().out


def test_a_key_is_enough_and_so_are_its_first_digits(tagger, tmp_path):
    (row,) = rows_of(
        tagger, "tagged.yaml", encoder="small", seed=1, split="train", metric="train_loss"
    )
    (test, *_) = rows_of(tagger, "tagged.yaml", encoder="small", seed=1, form="torch")
    for at, key in enumerate((row["step"], row["step"][:9], test["step"])):
        said = tagger("export", "model", key, str(tmp_path / f"m{at}"), "--json")
        assert said.code == 0, said.err
        assert said.json["step"] == row["step"]
    cards = {(tmp_path / f"m{at}" / "README.md").read_text().replace(f"m{at}", "")
             for at in range(3)}  # fmt: skip
    assert len(cards) == 1


def test_a_key_needs_neither_the_study_file_nor_its_data(isogloss, texts, tmp_path, monkeypatch):
    monkeypatch.chdir(texts)
    rows = rows_of(isogloss, "toy.yaml", encoder="tiny", split="train", metric="train_loss")
    shutil.copytree(texts / ".isogloss", tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    key = rows[0]["step"]
    said = isogloss("export", "model", key, "m", "--store", "elsewhere")
    assert said.code == 0, said.err
    assert (tmp_path / "m" / "README.md").is_file()


def test_what_fits_several_models_is_listed_with_their_keys(tagger, tmp_path):
    told = refused(
        tagger("export", "model", "tagged.yaml", str(tmp_path / "m")), "4 models", "--seed"
    )
    keys = {row["step"] for row in rows_of(tagger, "tagged.yaml", split="train")}
    assert all(key in told for key in keys)
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tagged.yaml", "m", "--encoder", "smal"), "'smal'. Did you mean 'small'?"),
        (("tagged.yaml", "m", "--regime", "jiont"), "Did you mean 'joint'?"),
        (("tagged.yaml", "m", "--seed", "7"), "no such model. It has:"),
        (("tagged.yaml", "m", "--size", "many"), "--size: 'many' is no number of rows"),
        (("tagged.yaml", "m", "--sources", "xx"), "Unknown language 'xx'"),
        (("tagged.yaml", "m", "--license", "Do what\nyou want"), "no license of the Hub"),
        (("none.yaml", "m"), "none.yaml"),
        (("no-key", "m"), "no-key"),
        (("abc", "m", "--seed", "1"), "would not be heard"),
        (("0" * 16, "m"), "No step of .isogloss begins with"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_one_message(tagger, tmp_path, words, said):
    which, folder, *flags = words
    refused(tagger("export", "model", which, str(tmp_path / folder), *flags), said)
    assert not (tmp_path / folder).exists()


def test_a_key_of_something_else_is_refused_with_the_models_there_are(tagger, tmp_path):
    store = Store(Path(".isogloss"))
    keys = store.keys()
    (step, *_) = (key for key in keys if store.manifest(key)["kind"] == "prepare")
    refused(
        tagger("export", "model", step, str(tmp_path / "m")),
        "of kind prepare, which is no model", "small joint size=150 seed=1",
    )  # fmt: skip


def test_digits_that_begin_several_keys_are_not_enough(tagger, tmp_path):
    keys = Store(Path(".isogloss")).keys()
    (first, *_) = (key[0] for key in keys if sum(other[0] == key[0] for other in keys) > 1)
    refused(tagger("export", "model", first, str(tmp_path / "m")), "begin with", "more digits")


def test_a_store_without_studies_says_what_to_do(isogloss):
    refused(isogloss("export", "model", "abcd", "m"), "has noted no study", "isogloss run STUDY")


def test_a_model_that_is_not_trained_or_has_failed_says_what_to_do(isogloss, tmp_path):
    write_toy(tmp_path)
    words = ("export", "model", "toy.yaml", "m", "--regime", "joint", "--size", "6")
    told = refused(isogloss(*words), "is not trained yet", "isogloss run toy.yaml", code=1)
    key = re.search(r"step ([0-9a-f]{16})", told)[1]
    Store(tmp_path / ".isogloss").fail(key, {"message": "out of memory"})
    refused(isogloss(*words), f"{key}) failed: out of memory", "isogloss run toy.yaml", code=1)
    assert not (tmp_path / "m").exists()


def test_a_step_that_no_study_asks_for_any_more_says_so(isogloss, texts, tmp_path, monkeypatch):
    shutil.copytree(texts, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    key = rows_of(isogloss, "toy.yaml", encoder="tiny", split="train")[0]["step"]
    (noted,) = (tmp_path / ".isogloss" / "studies").iterdir()
    told = json.loads(noted.read_text())
    noted.write_text(json.dumps({**told, "steps": ["f" * 16]}))
    refused(isogloss("export", "model", key, "m"), "No study asks for step", "--set")


def test_nothing_is_overwritten_but_a_model_with_force(tagger, exported, tmp_path):
    folder, _ = exported
    words = ("export", "model", "tagged.yaml")
    one = ("--encoder", "small", "--seed", "1")
    refused(tagger(*words, str(folder), *one), "is not empty", "--force")
    assert tagger(*words, str(folder), *one, "--force").code == 0
    assert "| seed | 1 |" in (folder / "README.md").read_text()
    (folder / "notes.odt").write_text("mine")
    refused(tagger(*words, str(folder), *one, "--force"), "notes.odt", "no part of a model")
    refused(tagger(*words, ".isogloss/steps/new", *one), "is in the store")
    refused(tagger(*words, ".", *one), "the folder we are in")


def test_a_damaged_model_is_not_exported(isogloss, texts, tmp_path, monkeypatch):
    shutil.copytree(texts, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    words = ("export", "model", "toy.yaml", "m", "--encoder", "tiny", "--regime", "joint")
    key = isogloss(*words, "--json").json["step"]
    shutil.rmtree("m")
    weights = tmp_path / ".isogloss" / "steps" / key / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    refused(isogloss(*words), "is damaged", "model.safetensors", code=1)
    assert not Path("m").exists()


# ---- results


def test_every_tested_model_has_its_mteb_results(tagger, tmp_path):
    words = ("export", "results", "tagged.yaml", "--to", "mteb", "-o", str(tmp_path / "out"))
    said = tagger(*words, "--organization", "my-lab", "--json")
    assert said.code == 0, said.err
    rows = [row for row in rows_of(tagger, "tagged.yaml") if row["target_language"]]
    want = {
        (row["encoder"], row["seed"], row["form"], row["target_language"], row["metric"]):
        row["value"]
        for row in rows
    }  # fmt: skip
    seen = set()
    for encoder in ("small", "other"):
        for seed in (1, 2):
            for form in ("torch", "trimmed"):
                ending = "" if form == "torch" else f"-{form}"
                name = f"my-lab__tagged-{encoder}-joint-n150-seed{seed}{ending}"
                ((path, meta),) = (
                    (one, json.loads((one.parent / "model_meta.json").read_text()))
                    for one in (tmp_path / "out" / "results" / name).glob("*/tagged-ner.json")
                )
                assert meta["revision"] == path.parent.name
                assert meta["name"].replace("/", "__") == name
                for one in json.loads(path.read_text())["scores"]["test"]:
                    (language,) = one["languages"]
                    place = (encoder, seed, form, language)
                    for metric in ("f1", "accuracy", "eval_loss", "f1/PER", "lenient_f1"):
                        assert one[metric] == want[*place, metric]
                    assert one["main_score"] == want[*place, "f1"]
                    seen.add(place)
    assert seen == {place[:4] for place in want}
    assert len(said.json["files"]) == 2 * 8


def test_every_tested_model_has_its_record_of_every_eval_ever(tagger, tmp_path):
    words = ("export", "results", "tagged.yaml", "--to", "eee", "-o", str(tmp_path / "out"))
    assert tagger(*words).code == 0
    files = sorted((tmp_path / "out").glob("data/isogloss-tagged/local/*/*.json"))
    assert len(files) == 8
    before = [json.loads(path.read_text()) for path in files]
    assert tagger(*words).code == 0
    assert sorted((tmp_path / "out").rglob("*.json")) == files, "done again, it adds nothing"
    rows = rows_of(tagger, "tagged.yaml")
    want = {(row["step"], row["metric"]): row["value"] for row in rows if row["target_language"]}
    found = {}
    for record in before:
        assert record["model_info"]["id"] == f"local/{files[before.index(record)].parent.name}"
        for result in record["evaluation_results"]:
            step, _, rest = result["evaluation_result_id"].partition("/")
            found[step, rest.partition("/")[2]] = result["score_details"]["score"]
    told = {place: value for place, value in want.items() if not re.match(
        r"(support|confusion|n_gold|eval_runtime|eval_s)", place[1])}  # fmt: skip
    assert found == told


def test_results_without_a_test_or_a_name_are_refused(isogloss, tmp_path):
    write_toy(tmp_path)
    words = ("export", "results", "toy.yaml", "--to")
    refused(isogloss(*words, "mteb"), "No model of this study is tested", "isogloss run toy.yaml")
    for name in ("../x", "a/b", "data", "", "x__y", "a b"):
        refused(isogloss(*words, "eee", "--organization", name), "--organization")
    assert isogloss(*words, "helm").code == 2
    assert not (tmp_path / "results").exists()


def test_a_study_half_done_exports_the_half_and_says_so(isogloss, texts, tmp_path, monkeypatch):
    shutil.copytree(texts, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    (row, *_) = rows_of(isogloss, "toy.yaml", encoder="tiny", regime="joint", split="test")
    shutil.rmtree(tmp_path / ".isogloss" / "steps" / row["step"])
    said = isogloss("export", "results", "toy.yaml", "--to", "mteb", "-o", "out")
    assert said.code == 0
    assert "not finished: 1" in said.err
    (path,) = Path("out").glob("results/local__toy-tiny-joint-*/*/toy-sentiment.json")
    languages = [one["languages"][0] for one in json.loads(path.read_text())["scores"]["test"]]
    assert row["target_language"] not in languages
    assert len(languages) == 2


# ---- the way it looks


def test_exporting_imports_nothing_heavy(entities, tmp_path):
    code = (
        "import sys; sys.argv = ['isogloss', 'export', 'results', 'tagged.yaml', '--to', 'eee',"
        f" '-o', {str(tmp_path / 'out')!r}]\n"
        "from isogloss.cli.app import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "print([m for m in ('torch', 'transformers', 'datasets') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=entities, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("[]")


def test_the_commands_of_the_guide_run(tagger, tmp_path):
    text = DOCS.read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("isogloss")]
    key = rows_of(tagger, "tagged.yaml", encoder="small", seed=1, split="train")[0]["step"]
    assert len(lines) >= 4
    for at, line in enumerate(lines):
        words = line.replace("study.yaml", "tagged.yaml").replace("xlm-r", "small").split()[1:]
        words = [key[:9] if word == "058e3dcd" else word for word in words]
        words = [str(tmp_path / str(at)) if word.startswith("./") else word for word in words]
        said = tagger(*words)
        assert said.code == 0, (line, said.err)


def test_a_study_s_description_and_names_are_escaped_on_the_card(
    isogloss, texts, tmp_path, monkeypatch
):
    shutil.copytree(texts, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    study = yaml.safe_load(Path("toy.yaml").read_text())
    study["description"] = "<script>alert(1)</script>\n---\n# heading | cell"
    Path("toy.yaml").write_text(yaml.safe_dump(study))
    words = ("--encoder", "tiny", "--regime", "joint")
    assert isogloss("export", "model", "toy.yaml", "m", *words).code == 0
    card = Path("m/README.md").read_text(encoding="utf-8")
    assert "<script>" not in card
    assert "\n# heading" not in card
    assert ModelCard.load(Path("m/README.md")).data.model_name == "toy-tiny-joint-n6-seed1"
