"""Steps that read labeled examples, and the part of a declaration that decides what they read."""

from collections.abc import Mapping
from typing import Any

from isogloss.plan.plan import Step
from isogloss.study.data import Data
from isogloss.study.study import Study

Splits = tuple[str, ...]
"""Splits of the source that are pooled."""

VERSIONS = {"data": 1, "tokenizer": 1, "prepare": 1}
"""Of what fine-tuning and pre-training share."""


def reads(study: Study, language: str) -> list[Splits]:
    """What of one language is read together: the pool that is trained on, each other split alone.

    The same split may be read for two uses; it is then one step. A dev split is read only where
    dev scores are taken.
    """
    found: list[Splits] = []
    if language in study.languages:
        found.append(study.labeled.train_splits)
        if study.labeled.dev_split and study.training.eval_strategy != "no":
            found.append((study.labeled.dev_split,))
    if language in study.target_languages:
        found += [(split,) for split in study.evaluation.splits]
    return list(dict.fromkeys(found))


def data_step(
    declared: Data,
    columns: Mapping[str, Any],
    pin: Mapping[str, Any],
    place: tuple[str, Splits],
    group: str = "data",
) -> Step:
    """Read splits of one language: a text and a label's name a row, whoever trains on them."""
    language, splits = place
    payload = {
        "language": language,
        "splits": list(splits),
        "source": pin_of(pin, splits),
        "columns": dict(columns),
    }
    settings = {"source": declared.source.model_dump(mode="json")}
    title = f"{language} {'+'.join(splits)}"
    return Step("data", VERSIONS["data"], payload, settings=settings, title=title, group=group)


def text_columns(declared: Data, labels: tuple[str, ...]) -> dict[str, Any]:
    """How a row with one label is read."""
    return {
        "text": declared.text,
        "label": declared.label,
        "labels": list(labels),
        "label_names": dict(declared.label_names),
    }


def tag_columns(
    declared: Data, task: str, tag_column: str, labels: tuple[str, ...]
) -> dict[str, Any]:
    """How a row with one tag a word is read."""
    return {
        "task": task,
        "tokens": declared.tokens,
        "tags": tag_column,
        "scheme": declared.scheme,
        "repair": declared.repair,
        "labels": list(labels),
        "tag_names": dict(declared.label_names),
    }


def pin_of(pin: Mapping[str, Any], splits: Splits) -> dict[str, Any]:
    """The part of a language's pin that decides these splits: the bytes of their own files."""
    if "files" not in pin:
        return dict(pin)
    return {**pin, "files": {split: pin["files"][split] for split in splits}}
