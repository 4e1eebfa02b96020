"""A field of the study file in words: what may stand there, within which limits, the default."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from _generate.markdown import code, either, plain

Link = Callable[[str], str]
"""Names a declaration, and leads to it."""

_LIMITS = {
    "minimum": "from {}",
    "exclusiveMinimum": "above {}",
    "maximum": "to {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
}
"""Limits of JSON Schema, in words."""

_SIMPLE = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "null": "nothing",
}


def kind(node: Mapping[str, Any], link: Link) -> str:
    """Say what a place takes, as Markdown.

    Raises:
        ValueError: for a piece of schema that no word is known for, so that none is passed over.
    """
    if "$ref" in node:
        return link(node["$ref"].rpartition("/")[2])
    if "not" in node:
        return "the name of a plug-in"
    for several in ("anyOf", "oneOf"):
        if several in node:
            return either(list(dict.fromkeys(_either(node[several], link))))
    if words := node.get("enum") or [node[key] for key in ("const",) if key in node]:
        return either([code(str(one)) for one in words])
    if node.get("type") == "array":
        return f"list of {kind(node['items'], link)}{_limits(node)}"
    return _mapping(node, link) if node.get("type") == "object" else _simple(node)


def _either(nodes: Sequence[Mapping[str, Any]], link: Link) -> Iterator[str]:
    """What a place takes otherwise; a list and one of its items is told once."""
    alone = [one["items"] for one in nodes if "items" in one and one["items"] in nodes]
    for one in nodes:
        if one not in alone and one.get("type") != "null":
            begin = "one, or a " if one.get("items") in alone else ""
            yield f"{begin}{kind(one, link)}"


def _simple(node: Mapping[str, Any]) -> str:
    if node.get("type") not in _SIMPLE:
        raise ValueError(f"what is {dict(node)} in words?")
    word = "path" if node.get("format") == "path" else _SIMPLE[node["type"]]
    pattern = f" that matches {code(node['pattern'])}" if "pattern" in node else ""
    return f"{word}{pattern}{_limits(node)}"


def default(field: Mapping[str, Any], *, required: bool) -> str:
    """Say what stands for a field that is left out."""
    if required:
        return "required"
    value = field.get("default")
    if value is None:
        return "left out by default"
    if isinstance(value, dict) and value:
        return "by default as its own section says"
    if value in ([], {}, ""):
        return "empty by default"
    return f"by default {code(_in_yaml(value))}"


def description(field: Mapping[str, Any], declared: Mapping[str, Any]) -> str:
    """What a field is for.

    Where it says what its declaration says, the schema has the words there alone.

    Args:
        field: from the schema.
        declared: the schema's `$defs`.

    Raises:
        ValueError: if the schema does not say.
    """
    words = field.get("description")
    if not words and "$ref" in field:
        words = declared[field["$ref"].rpartition("/")[2]].get("description")
    if not words:
        raise ValueError(f"a field without a description: {dict(field)}")
    return "\n\n".join(plain(" ".join(one.split())) for one in words.split("\n\n"))


def _mapping(node: Mapping[str, Any], link: Link) -> str:
    if "properties" in node:
        keys = either([code(key) for key in node.get("required", [])])
        return f"the same with {keys}, whose settings need not be repeated"
    values = node.get("additionalProperties")
    return f"names, and for each {kind(values, link)}" if values else "names and values"


def _limits(node: Mapping[str, Any]) -> str:
    told = [words.format(node[key]) for key, words in _LIMITS.items() if key in node]
    return f" {' '.join(told)}" if told else ""


def _in_yaml(value: Any) -> str:
    """A value as one writes it; keys that are left out of the default are left out."""
    shown = [_given(one) for one in value] if isinstance(value, list) else value
    if not isinstance(shown, list | dict):
        return str(shown).lower() if isinstance(shown, bool) else str(shown)
    return yaml.safe_dump(shown, default_flow_style=True, width=10_000).strip()


def _given(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: one for key, one in value.items() if one is not None}
    return value
