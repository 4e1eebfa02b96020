"""The card of a form of serving: it names the form, says how exact it is, and has its code."""

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from huggingface_hub import ModelCard

from export_toys import evaluation, subject
from isogloss.report.export.card.card import Making, model_card
from isogloss.report.export.card.forms import FORMS
from isogloss.study.efficiency import Form

GUIDE = Path(__file__).parents[3] / "docs" / "serving-forms.md"
SERVED = tuple(form for form in get_args(Form) if form != "torch")
MAKING = Making("toy-model", ["isogloss run toy.yaml"])


def card(form="torch", **changes):
    return model_card(subject(form=form, **changes), MAKING)


def code(written):
    (found,) = re.findall(r"```python\n(.*?)```", written, re.DOTALL)
    return found


def table_of_the_guide():
    """Form -> whether it is exact, as the guide says."""
    lines = re.findall(r"^\| `([\w-]+)` \|(.*)\|(.*)\|$", GUIDE.read_text("utf-8"), re.MULTILINE)
    return {form: exact.strip() for form, _, exact in lines}


def test_every_form_that_a_study_may_name_has_words():
    assert set(FORMS) == set(SERVED)
    assert set(table_of_the_guide()) == set(get_args(Form))


@pytest.mark.parametrize("form", SERVED)
def test_a_card_says_of_its_form_what_the_guide_says(form):
    said = re.search(
        r"form of serving is \*\*`([\w-]+)`\*\*: .*? as the trained model does\? ([^.]*)",
        card(form),
    )
    assert said[1] == form
    exact = table_of_the_guide()[form]
    first = re.split(r"[,:]", exact)[0].casefold()
    assert said[2].casefold().startswith(first), (said[2], exact)


def test_the_card_of_the_trained_model_says_nothing_of_forms():
    assert "form of serving" not in card()


@pytest.mark.parametrize("form", SERVED)
def test_what_was_not_tested_in_its_form_has_no_scores(form):
    told = card(form, tested=())
    assert "It was not tested in this form" in told
    assert "tested again" not in told
    assert ModelCard(told).data.eval_results is None
    assert "tested again in this form" in card(form)


@pytest.mark.parametrize("task", ["sentiment", "ner", "pos"])
@pytest.mark.parametrize("form", SERVED)
def test_the_code_is_that_of_the_runtime(form, task):
    tested = (evaluation("deu-Latn", task=task, metric="accuracy"),)
    found = code(card(form, task=task, metric="accuracy", tested=tested))
    ast.parse(found)
    runtime = form.startswith("onnx")
    assert ("onnxruntime.InferenceSession" in found) is runtime
    assert ("import torch" in found or "pipeline(" in found) is not runtime
    assert ("is_split_into_words" in found) is (task == "pos" or (task == "ner" and runtime))


def test_text_is_cut_where_it_was_cut_in_the_test():
    assert "max_length=128" in code(card("onnx-int8"))
    assert "max_length" not in code(card("onnx-int8", settings={}))


@pytest.mark.parametrize(
    ("form", "trained", "cast"),
    [("torch-bf16", "fp32", True), ("torch-fp32", "bf16", False), ("trimmed", "bf16", True),
     ("trimmed", "fp32", False), ("onnx", "bf16", False)],
)  # fmt: skip
def test_bf16_is_said_where_it_was_computed_in(form, trained, cast):
    told = card(form, computed={"precision": trained})
    assert ("torch.autocast" in told) is cast


@pytest.mark.parametrize(
    ("form", "library", "tags"),
    [("torch-fp32", "transformers", []), ("trimmed", "transformers", ["trimmed-vocabulary"]),
     ("onnx", "onnx", ["onnx"]), ("onnx-int8", "onnx", ["onnx", "int8"])],
)  # fmt: skip
def test_the_hub_is_told_the_library_and_the_form(form, library, tags):
    data = ModelCard(card(form)).data
    assert data.library_name == library
    assert data.tags == ["isogloss", "sentiment", "multilingual", *tags]
    assert data.pipeline_tag == "text-classification"


def test_what_the_form_changed_is_told():
    told = model_card(
        replace(subject(form="trimmed"), served={"vocabulary": "90 of 100 entries"}), MAKING
    )
    assert "| form of serving | `trimmed` |" in told
    assert "| vocabulary | 90 of 100 entries |" in told
    assert "| training: precision | fp32 |" in told, "the form may compute in another"
