"""A tokenizer.json with fewer entries and new ids, all else as it was.

Ids stand in four places: the vocabulary, the added tokens, the post-processor that puts special
tokens around a text, and the padding.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from isogloss.model.kept import merges_of

PAIRS = ("cls", "sep")
"""Of BertProcessing and RobertaProcessing: a token and its id each."""


def vocabulary_ids(description: Mapping[str, Any]) -> dict[str, int]:
    """Return the id of each entry of the algorithm; added tokens outside of it have none here."""
    vocabulary = description["model"]["vocab"]
    if isinstance(vocabulary, Mapping):
        return dict(vocabulary)
    return {entry: index for index, (entry, _) in enumerate(vocabulary)}


def fixed_ids(description: Mapping[str, Any]) -> set[int]:
    """Return the ids that a tokenizer names beside its vocabulary, and so cannot lose."""
    padding = description.get("padding")
    return {
        *(token["id"] for token in description["added_tokens"]),
        *_processor_ids(description.get("post_processor")),
        *([padding["pad_id"]] if padding else []),
    }


def renumbered(description: Mapping[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """Keep the entries of these ids and number them as they stand.

    Args:
        description: a tokenizer.json; it is not changed.
        order: the old id of each new one; the vocabulary's before those of added tokens outside.
    """
    new = {old: index for index, old in enumerate(order)}
    added = [{**t, "id": new[t["id"]]} for t in description["added_tokens"] if t["id"] in new]
    padding = description.get("padding")
    return {
        **description,
        "model": _model(description["model"], new),
        "added_tokens": sorted(added, key=lambda token: token["id"]),
        "post_processor": _processor(description.get("post_processor"), new),
        "padding": {**padding, "pad_id": new[padding["pad_id"]]} if padding else padding,
    }


def _model(model: Mapping[str, Any], new: Mapping[int, int]) -> dict[str, Any]:
    vocabulary = model["vocab"]
    if not isinstance(vocabulary, Mapping):
        kept = [item for index, item in enumerate(vocabulary) if index in new]
        return {**model, "vocab": kept, "unk_id": new.get(model["unk_id"])}
    ids = {entry: new[old] for entry, old in vocabulary.items() if old in new}
    if "merges" not in model:
        return {**model, "vocab": ids}
    steps = zip(model["merges"], merges_of(model), strict=True)
    merges = [merge for merge, entries in steps if all(entry in ids for entry in entries)]
    return {**model, "vocab": ids, "merges": merges}


def _processor(processor: Mapping[str, Any] | None, new: Mapping[int, int]) -> Any:
    if processor is None:
        return None
    changed = dict(processor)
    if "processors" in processor:
        changed["processors"] = [_processor(part, new) for part in processor["processors"]]
    if isinstance(special := processor.get("special_tokens"), Mapping):
        changed["special_tokens"] = {
            name: {**token, "ids": [new[old] for old in token["ids"]]}
            for name, token in special.items()
        }
    for name in PAIRS:
        if name in processor:
            token, old = processor[name]
            changed[name] = [token, new[old]]
    return changed


def _processor_ids(processor: Mapping[str, Any] | None) -> set[int]:
    if processor is None:
        return set()
    special = processor.get("special_tokens") or {}
    return {
        *(old for part in processor.get("processors", ()) for old in _processor_ids(part)),
        *(old for token in special.values() for old in token["ids"]),
        *(processor[name][1] for name in PAIRS if name in processor),
    }
