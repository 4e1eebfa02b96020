"""From a file to a study, or to one message that names every mistake in it.

Pydantic finds the mistakes; the words are ours: the place in the file, the nearest right name, and
what to do.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from isogloss.base.errors import InputError, did_you_mean
from isogloss.study.anchored import anchored
from isogloss.study.data import PLUGIN, SOURCES, PluginSource
from isogloss.study.document import Document, Place, read_document, with_changes
from isogloss.study.own_names import names
from isogloss.study.spec import NAME
from isogloss.study.study import Study

_TAGS = {*SOURCES, PLUGIN}


class BadStudy(InputError):
    """All mistakes of a study file at once."""

    code = "ISO-111"
    remedy = "Mend each line that the message names; `isogloss schema` describes every key."

    def __init__(self, source: str, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        super().__init__("\n".join([f"{source} is not a valid study, {count}:", *mistakes]))


def load_study(path: Path, changes: Iterable[str] = ()) -> Study:
    """Read a study file, with `a.b=c` changes applied over it.

    Relative folders in it are taken from the file's own place, those in changes from where we are.

    Raises:
        InputError: naming every mistake with its line, its place and what to do.
    """
    document = with_changes(read_document(path), tuple(changes))
    return anchored(study_from(document), path.resolve().parent, document.changed)


def study_from(document: Document) -> Study:
    """Check a document's values.

    Raises:
        BadStudy: with all mistakes.
    """
    try:
        return Study.model_validate(document.values)
    except ValidationError as error:
        mistakes = [_mistake(document, details) for details in error.errors()]
        raise BadStudy(document.source, mistakes) from None


_SECTION, _LIST = "a section of `key: value` lines is wanted", "a list is wanted"
_SHAPES = {"model_type": _SECTION, "dict_type": _SECTION, "tuple_type": _LIST, "list_type": _LIST}
"""Kinds of mistakes about the shape of what is given, in words of the file."""


def _mistake(document: Document, details: ErrorDetails) -> str:
    place = tuple(part for part in details["loc"] if part not in _TAGS)
    path = ".".join(str(part) for part in place) or "the study"
    return f"  {document.where(place)}{path}: {_words(details)}"


def _words(details: ErrorDetails) -> str:
    kind, given = details["type"], details["input"]
    if kind == "extra_forbidden":
        return _unknown_key(details["loc"])
    if kind == "missing":
        return "this key is needed."
    if kind in {"literal_error", "union_tag_invalid"}:
        context = details.get("ctx", {})
        known = [part.strip("' ") for part in _expected(context)]
        if PLUGIN in known:
            known = list(names("source", SOURCES))
        asked = str(context.get("tag", given))
        return f"{asked!r} is not known.{did_you_mean(asked, known)} Known: {_list(known)}."
    if kind == "union_tag_not_found":
        return f"the key `kind` is needed. Known: {_list(names('source', SOURCES))}."
    if kind == "value_error":
        return f"{str(details['msg']).removeprefix('Value error, ').rstrip('.')}."
    if kind == "string_pattern_mismatch" and details["ctx"]["pattern"] == NAME:
        said = "a name of letters, digits, _ and - is wanted"
    else:
        said = _SHAPES.get(kind, details["msg"].partition(" after validation")[0])
    return f"{said[0].lower()}{said[1:]}, not {_short(given)}."


def _unknown_key(place: Place) -> str:
    if place[-1] == "trust_remote_code":
        return (
            "no flag lets a model run its own code (docs/errors.md, ISO-140). Choose a model that"
            " transformers knows itself."
        )
    known = sorted(_keys_at(place[:-1]))
    return f"unknown key.{did_you_mean(str(place[-1]), known)} Known: {_list(known)}."


def _expected(context: dict[str, Any]) -> list[str]:
    text = str(context.get("expected", context.get("expected_tags", "")))
    return [part for part in text.replace(" or ", ", ").split(", ") if part]


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _keys_at(place: Place) -> set[str]:
    """The keys that a declaration knows at a place of the study."""
    models: list[Any] = [Study]
    for part in place:
        if isinstance(part, str) and part in _TAGS:
            models = [m for m in models if _tag_of(m) == part]
            continue
        models = [found for m in models for found in _inside(m, part)]
    return {field.alias or name for m in models for name, field in m.model_fields.items()}


def _tag_of(model: type[BaseModel]) -> Any:
    if issubclass(model, PluginSource):
        return PLUGIN
    field = model.model_fields.get("kind")
    return field.default if field else None


def _inside(model: type[BaseModel], part: str | int) -> list[type[BaseModel]]:
    if isinstance(part, int):
        return [model]
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return _models_in(fields[part].annotation) if part in fields else []


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in {Literal, None}:
        return []
    if get_origin(annotation) is Annotated:
        return _models_in(get_args(annotation)[0])
    return [m for arg in get_args(annotation) for m in _models_in(arg)]
