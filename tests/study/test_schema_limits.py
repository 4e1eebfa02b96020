"""Editors refuse by the schema what the loader refuses: limits stand in the schema's words."""

import jsonschema
import pytest
import yaml

from isogloss.study.schema import study_schema
from isogloss.study.study import Study
from isogloss.study.templates import template_text

KNOWN = {
    "$defs", "$ref", "$schema", "additionalProperties", "anyOf", "const", "default", "description",
    "discriminator", "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "items", "maxItems",
    "maxLength", "maximum", "minItems", "minLength", "minimum", "not", "oneOf", "pattern",
    "properties", "propertyNames", "required", "title", "type",
}  # fmt: skip
"""Words of JSON Schema, draft 2020-12 (and OpenAPI's discriminator); others are passed over."""


def schemas(node):
    """Every schema within a schema; names of properties are no words of it."""
    yield node
    for key, value in node.items():
        if key in {"properties", "$defs"}:
            for one in value.values():
                yield from schemas(one)
        elif key in {"anyOf", "oneOf"}:
            for one in value:
                yield from schemas(one)
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            yield from schemas(value)


def test_no_word_of_the_schema_is_passed_over():
    found = list(schemas(study_schema()))
    assert {key for one in found for key in one} <= KNOWN
    assert not [one for one in found if one.get("type") == "array" and "minLength" in one]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("training", "learning_rate"), 0),
        (("training", "adam_beta1"), 1),
        (("training", "per_device_train_batch_size"), 0),
        (("training", "warmup_steps"), -1),
        (("languages",), []),
        (("seeds",), [-1]),
        (("seeds",), [2**32]),
        (("seeds",), []),
        (("sizes",), [10**12 + 1]),
        (("training", "max_steps"), 10**12 + 1),
        (("efficiency",), {"forms": []}),
        (("efficiency",), {"single_stream_queries": 19}),
    ],
)
def test_the_schema_refuses_what_is_beyond_a_limit(place, value):
    document = yaml.safe_load(template_text("sample"))
    jsonschema.validate(document, study_schema(), jsonschema.Draft202012Validator)
    inside = document
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, study_schema(), jsonschema.Draft202012Validator)


PRETRAINING = yaml.safe_load(template_text("balance"))["pretraining"]


@pytest.mark.parametrize(
    ("key", "one"),
    [
        ("seeds", 7),
        ("sizes", "all"),
        ("regimes", "joint"),
        ("encoders", "xlm-roberta-base"),
        ("output", {"sections": "history"}),
        ("efficiency", {"forms": "torch", "scenarios": "offline", "token_budgets": 512}),
        ("pretraining", {**PRETRAINING, "arms": "hard-all"}),
        ("pretraining", {**PRETRAINING, "arms": {"arm": "hard-all", "max_steps": 9}}),
    ],
)
def test_one_thing_stands_for_a_list_of_it_as_in_the_loader(key, one):
    document = {**yaml.safe_load(template_text("sample")), key: one}
    jsonschema.validate(document, study_schema(), jsonschema.Draft202012Validator)
    if key != "output":  # the loader asks for a plug-in of that name
        Study.model_validate(document)
