"""The JSON Schema of the study file, so that editors complete and check it while it is written."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from isogloss.study.arms import PRESETS
from isogloss.study.lora import one_or_more
from isogloss.study.spec import Spec, as_list
from isogloss.study.study import Study

_WORDS = {"Mixing": "kind", "Listening": "policy", "Targets": "kind", "Regime": "regime"}
"""Declarations that one word may stand for, and the key whose value it is."""

_TOLD = ("default", "description", "title")
"""What is said of a key, whatever its value may be."""

_DEFS = "#/$defs/"

_LIMITS = {
    "gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum",
}  # fmt: skip
"""Limits that pydantic writes in its own words beside a validator, and the schema's words."""


def study_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a study file."""
    schema = _with_limits(Study.model_json_schema())
    for model in _declarations(Spec):
        declared = schema if model is Study else schema["$defs"].get(model.__name__)
        if declared is not None:
            _let_one_be_a_list(model, declared["properties"])
    schema = _with_short_forms(schema, _short_forms(schema["$defs"]))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Isogloss study",
    }


def _declarations(base: type[Spec]) -> Iterator[type[Spec]]:
    for model in base.__subclasses__():
        yield model
        yield from _declarations(model)


def _let_one_be_a_list(model: type[BaseModel], properties: dict[str, Any]) -> None:
    """Let one thing stand for a list of it, where the loader does."""
    for name, field in model.model_fields.items():
        if not _takes_one(field):
            continue
        place = field.alias or name
        told = {key: properties[place].pop(key) for key in _TOLD if key in properties[place]}
        kinds = properties[place].get("anyOf") or [properties[place]]
        items = [kind["items"] for kind in kinds if kind.get("type") == "array"]
        properties[place] = {**told, "anyOf": [*kinds, *items]}


def _takes_one(field: FieldInfo) -> bool:
    marks = [mark for mark in field.metadata if isinstance(mark, BeforeValidator)]
    return any(mark.func in {as_list, one_or_more} for mark in marks)


def _with_limits(node: Any) -> Any:
    """Write limits as editors read them: pydantic's own words are passed over by everybody else."""
    if isinstance(node, list):
        return [_with_limits(item) for item in node]
    if not isinstance(node, dict):
        return node
    words = dict(_LIMITS)
    if node.get("type") == "array":
        words |= {"minLength": "minItems", "maxLength": "maxItems"}
    return {words.get(key, key): _with_limits(value) for key, value in node.items()}


def _short_forms(declared: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What may stand in the place of a declaration, besides itself."""
    words = {name: [_one_word(declared[name]["properties"][key])] for name, key in _WORDS.items()}
    presets, arm = {"enum": list(PRESETS)}, declared["Arm"]
    mixing = {"anyOf": [{**declared["Mixing"], "required": []}, *words["Mixing"]]}
    properties = {**arm["properties"], "arm": presets, "mixing": mixing}
    over_a_preset = {**arm, "properties": properties, "required": ["arm"]}
    return {**words, "Encoder": [{"type": "string"}], "Arm": [presets, over_a_preset]}


def _one_word(declared: Mapping[str, Any]) -> dict[str, Any]:
    """What may stand for a whole declaration: one of the values of its key."""
    return {word: declared[word] for word in ("enum", "anyOf") if word in declared}


def _with_short_forms(node: Any, short: Mapping[str, list[Any]]) -> Any:
    """Let short forms stand wherever their declarations are wanted."""
    if isinstance(node, list):
        return [_with_short_forms(item, short) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _with_short_forms(value, short) for key, value in node.items()}
    name = str(found.get("$ref", "")).removeprefix(_DEFS)
    if name not in short:
        return found
    whole = {"$ref": found.pop("$ref")}
    return {**found, "anyOf": [whole, *short[name]]}
