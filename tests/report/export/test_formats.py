"""Results in the formats of mteb and Every Eval Ever: every value, every model, nothing hidden."""

import json
import math
import re
import uuid
from dataclasses import replace

import pytest

from export_toys import FOLDER, HUB, evaluation, subject, with_seeds
from isogloss.report.export.eee import eee_files, eee_record
from isogloss.report.export.facts import Dataset
from isogloss.report.export.mteb import model_meta, mteb_files
from isogloss.report.export.naming import names_of, slug

UNIX = 1777888800
"""The time of the toys, by another hand."""

FIELDS_OF_META = {
    "loader", "loader_kwargs", "name", "revision", "release_date", "languages", "n_parameters",
    "n_active_parameters_override", "n_embedding_parameters", "memory_usage_mb", "max_tokens",
    "embed_dim", "license", "open_weights", "public_training_code", "public_training_data",
    "framework", "reference", "similarity_fn_name", "use_instructions", "training_datasets",
    "adapted_from", "superseded_by", "modalities", "model_type", "citation", "contacts",
    "experiment_kwargs", "output_dtypes", "extra_requirements_groups",
}  # fmt: skip
"""All that mteb 2.26.24's ModelMeta knows; it refuses any other."""


def files_of(artifacts):
    return {one.path: json.loads(one.make()) for one in artifacts}


# ---- names


def test_whatever_makes_another_model_makes_another_name():
    one = subject()
    others = [
        replace(one, seed=2),
        replace(one, n_per_language=100),
        replace(one, n_per_language=None),
        replace(one, regime="single", sources=("deu-Latn",)),
        replace(one, regime="single", sources=("nor-Latn",)),
        replace(one, encoder="mbert"),
        replace(one, form="onnx-int8"),
        replace(one, study="other"),
    ]
    names = names_of([one, *others])
    assert len(set(names)) == len(names)
    assert names[0] == "toy-xlm-r-joint-n50-seed1"


def test_names_that_come_out_alike_have_a_digest_of_what_they_are_behind_them():
    one = subject(encoder="名前", step="a" * 16)
    others = [
        subject(encoder="なまえ"[:2], step="b" * 16),
        subject(encoder="なまえ"[1:], step="a" * 16),
    ]
    names = names_of([one, *others])
    assert len({name.casefold() for name in names}) == 3
    assert names == names_of([one, *others])
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) for name in names)


def test_forms_of_one_training_keep_apart_when_their_names_are_cut():
    """A training in fp32 and in bf16 is one step, and 80 letters may end before the form."""
    one = subject(study="sentiment-in-many-languages", encoder="a-long-name-of-an-encoder" * 3)
    every = [one, replace(one, form="torch-fp32"), replace(one, form="torch-bf16")]
    names = names_of(every)
    assert len(set(names)) == 3
    paths = [
        file.path
        for model, name in zip(every, names, strict=True)
        for file in mteb_files(model, name, "org")
    ]
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "...", "a/b\x00c", "é" * 300])
def test_no_name_leads_out_of_its_folder(name):
    found = slug(name)
    assert found
    assert not set("/\\\x00") & set(found)
    assert ".." not in found
    assert len(found) <= 80


# ---- mteb


def test_a_model_has_a_folder_a_revision_and_a_file_a_task():
    found = files_of(mteb_files(subject(), "name", "lab"))
    home = "results/lab__name/0123456789abcdef"
    assert set(found) == {f"{home}/model_meta.json", f"{home}/toy-sentiment.json"}
    result = found[f"{home}/toy-sentiment.json"]
    assert result["task_name"] == "toy-sentiment"
    assert result["mteb_version"] is None, "mteb did not make it"
    assert result["dataset_revision"] == HUB.commit
    assert result["evaluation_time"] == 7.5
    assert result["date"] == UNIX
    assert list(result["scores"]) == ["test"]
    first = result["scores"]["test"][0]
    assert first["main_score"] == first["macro_f1"] == 0.7
    assert first["hf_subset"] == "deu-Latn"
    assert first["languages"] == ["deu-Latn"]
    assert (first["n_scored"], first["n_unscored"]) == (100, 0)
    assert [one["languages"][0] for one in result["scores"]["test"]] == [
        "deu-Latn", "nor-Latn", "hin-Deva",
    ]  # fmt: skip


def test_what_mteb_knows_of_a_model_is_there_and_nothing_else():
    meta = model_meta(subject(), "lab/name")
    assert meta.keys() == FIELDS_OF_META
    assert meta["adapted_from"] == "FacebookAI/xlm-roberta-base"
    assert meta["public_training_data"] == "https://huggingface.co/datasets/owner/reviews"
    assert (meta["n_parameters"], meta["embed_dim"], meta["max_tokens"]) == (1000, 16, 512)
    assert meta["languages"] == ["deu-Latn", "nor-Latn"]
    local = model_meta(subject(base=None, learned=()), "lab/name")
    assert local["adapted_from"] is None
    assert local["public_training_data"] is None


def test_data_that_are_not_on_the_hub_have_a_digest_for_a_revision():
    def revision(*datasets):
        model = subject(tested=tuple(evaluation("deu-Latn", data=one) for one in datasets))
        (result,) = (v for k, v in files_of(mteb_files(model, "n", "o")).items() if "toy" in k)
        return result["dataset_revision"]

    other = replace(FOLDER, digest="5555555555555555")
    assert revision(FOLDER).startswith("pinned-")
    assert len({revision(FOLDER), revision(other), revision(FOLDER, other), revision(HUB)}) == 4
    assert revision(FOLDER, other) == revision(other, FOLDER)


def test_probes_are_a_task_of_their_own_and_say_what_they_learned_from():
    probes = [
        evaluation(target, task="pos", source=source, layer=layer)
        for source in ("deu-Latn", "nor-Latn")
        for target in ("deu-Latn", "nor-Latn")
        for layer in ("layer 0", "layer -1")
    ]
    model = subject(task="mlm", metric="mrr", tested=tuple(probes))
    (result,) = (v for k, v in files_of(mteb_files(model, "n", "o")).items() if "probe" in k)
    subsets = [one["hf_subset"] for one in result["scores"]["test"]]
    assert len(set(subsets)) == len(probes) == 8
    assert subsets[0] == "deu-Latn-to-deu-Latn-layer-0"
    assert {one["main_score_name"] for one in result["scores"]["test"]} == {"accuracy"}


# ---- Every Eval Ever: facts of eval.schema.json, version 0.3.0

TOP = {
    "schema_version": str, "evaluation_id": str, "evaluation_timestamp": str,
    "retrieved_timestamp": str, "source_metadata": dict, "model_info": dict, "eval_library": dict,
    "evaluation_results": list,
}  # fmt: skip


def check_record(record):
    """What the schema and the checks of its validator demand of a record."""
    assert {name: type(value) for name, value in record.items()} == TOP
    assert record["schema_version"] == "0.3.0"
    source = record["source_metadata"]
    assert source["source_type"] in {"documentation", "evaluation_run"}
    assert source["evaluator_relationship"] == "first_party"
    assert source["source_organization_name"]
    assert {"name", "version"} <= record["eval_library"].keys()
    model = record["model_info"]
    assert {"name", "id", "additional_details"} <= model.keys()
    assert all(isinstance(value, str) for value in model["additional_details"].values())
    assert model["additional_details"]["deployment_type"] == "self_deployed"
    assert model["additional_details"]["model_availability"] == "unknown"
    assert record["evaluation_results"]
    for result in record["evaluation_results"]:
        check_result(result)
    ids = [result["evaluation_result_id"] for result in record["evaluation_results"]]
    assert len(set(ids)) == len(ids)


def check_result(result):
    data, metric = result["source_data"], result["metric_config"]
    assert data["dataset_name"]
    assert data["source_type"] in {"hf_dataset", "other"}
    assert ("hf_repo" in data) == (data["source_type"] == "hf_dataset")
    assert data.get("hf_split", "test") in {"train", "val", "test"}
    assert all(isinstance(value, str) for value in data["additional_details"].values())
    assert isinstance(metric["lower_is_better"], bool)
    assert metric["score_type"] == "continuous"
    top = math.inf if metric["max_score"] == "Infinity" else metric["max_score"]
    score = result["score_details"]["score"]
    assert metric["min_score"] <= score <= top
    assert all(isinstance(v, str) for v in result["score_details"]["details"].values())
    interval = result["score_details"].get("uncertainty", {}).get("confidence_interval")
    if interval:
        assert interval["lower"] <= score <= interval["upper"]
        assert interval["confidence_level"] == 0.95


@pytest.mark.parametrize(
    "model",
    [subject(), with_seeds(subject()), subject(tested=(evaluation("deu-Latn", data=FOLDER),))],
)
def test_a_record_is_what_the_schema_demands(model):
    check_record(eee_record(model, "name", "lab", 1.5))


def test_a_record_lies_where_the_datastore_looks_for_it():
    ((path, record),) = files_of(eee_files(subject(), "name", "lab", 1.5)).items()
    data, collection, organization, model, file = path.split("/")
    assert (data, collection, organization, model) == ("data", "isogloss-toy", "lab", "name")
    assert record["model_info"]["id"] == f"{organization}/{model}"
    assert uuid.UUID(file.removesuffix(".json")).version == 4
    assert record["evaluation_id"] == f"isogloss-toy/lab/name/{UNIX}"
    assert record["retrieved_timestamp"] == "1.500"


def test_the_same_model_has_the_same_file_and_another_one_another():
    def path(model):
        return next(iter(files_of(eee_files(model, "n", "o", 1.0))))

    one = subject()
    assert path(one) == path(subject())
    others = [replace(one, step="f" * 16), replace(one, form="trimmed"), replace(one, study="b")]
    assert len({path(model) for model in [one, *others]}) == 4
    assert files_of(eee_files(subject(tested=()), "n", "o", 1.0)) == {}


def test_values_counts_and_intervals_are_told_in_full():
    record = eee_record(subject(), "name", "lab", 1.0)
    by_name = {
        (r["evaluation_name"], r["metric_config"]["metric_name"]): r
        for r in record["evaluation_results"]
    }
    one = by_name["toy.sentiment.hin-Deva.test", "macro F1"]
    assert one["score_details"]["score"] == 0.7
    assert one["score_details"]["details"] == {"n_scored": "100", "n_unscored": "0"}
    told = one["score_details"]["uncertainty"]
    assert told["confidence_interval"]["lower"] == pytest.approx(0.65)
    assert "one seed" in told["confidence_interval"]["method"]
    assert told["num_samples"] == 100
    assert one["metric_config"]["metric_id"] == "f1_macro"
    of_label = by_name["toy.sentiment.hin-Deva.test", "F1 of neg|ative"]
    assert of_label["metric_config"]["metric_parameters"] == {"label": "neg|ative"}
    loss = by_name["toy.sentiment.hin-Deva.test", "cross-entropy"]
    assert loss["metric_config"]["lower_is_better"] is True
    assert len(by_name) == 12


def test_all_that_tells_a_model_from_its_siblings_is_in_its_record():
    details = eee_record(subject(), "n", "o", 1.0)["model_info"]["additional_details"]
    assert json.loads(details["seeds_trained"]) == [1]
    assert json.loads(details["source_languages"]) == ["deu-Latn", "nor-Latn"]
    assert json.loads(details["training"])["learning_rate"] == 2e-05
    wanted = {"encoder", "regime", "n_per_language", "seed", "form", "step", "base_model_revision"}
    assert wanted <= details.keys()


def test_what_answers_in_a_form_is_named():
    def engine(form):
        return eee_record(subject(form=form), "n", "o", 1.0)["model_info"]["inference_engine"]

    assert engine("torch") == {"name": "transformers", "version": "5.23.0"}
    assert engine("onnx-int8") == {"name": "onnxruntime"}


def test_the_split_of_a_hub_s_data_set_has_the_schema_s_name():
    model = subject(tested=(evaluation("deu-Latn", split="validation"),))
    (first, *_) = eee_record(model, "n", "o", 1.0)["evaluation_results"]
    assert first["source_data"]["hf_split"] == "val"
    odd = subject(
        tested=(evaluation("deu-Latn", split="challenge", data=Dataset("hub", "1", "a/b")),)
    )
    (first, *_) = eee_record(odd, "n", "o", 1.0)["evaluation_results"]
    assert "hf_split" not in first["source_data"]
