"""What the data look like before anything is trained on them, and what is wrong with them.

Counts first, judgment second: `audit_splits` describes each split of each language, and
`isogloss.data.findings` says which of these numbers a person should act on.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

import numpy as np

from isogloss.base.languages import language_name
from isogloss.data.duplicates import duplicates, leakage
from isogloss.data.example import Split
from isogloss.data.faults import faults
from isogloss.data.findings import find
from isogloss.data.names import in_split_order
from isogloss.data.scripts import script_share


def audit_splits(
    splits_by_language: Mapping[str, Mapping[str, Split]], *, labels: Sequence[str]
) -> dict[str, Any]:
    """Describe every split and list what is wrong.

    Args:
        splits_by_language: canonical language code -> name of the split -> its examples.
        labels: those of the study, in its order; one that never occurs is listed with 0. Labels
            seen beside them follow, sorted.

    Returns:
        A JSON-able mapping. `labels`: as above. `languages`: per code `name`,
        `splits` (see `describe`) and `leakage` (one entry per pair of splits, see
        `duplicates.leakage`). `findings`: list of `severity` (error, warning, note), `language`,
        `split`, `what`, `count`, `examples`, `remedy`, the severe ones first.
    """
    seen = {
        example.label
        for splits in splits_by_language.values()
        for split in splits.values()
        for example in split.examples
    }
    known = [*labels, *sorted(seen - set(labels))]
    languages = {
        code: _language(code, splits, known) for code, splits in splits_by_language.items()
    }
    return {"labels": known, "languages": languages, "findings": find(languages)}


def describe(split: Split, labels: Iterable[str]) -> dict[str, Any]:
    """Describe one split.

    Returns:
        `rows`; `labels`: count and share of each label; `duplicates`; `faults`: count and examples
        of each; `characters` and `words` (split at white space): min, median, p95 (the least length
        that 95 % of the texts do not exceed), max;
        `script_share`: share of letters in the language's script, or `None`.
    """
    texts = [example.text for example in split.examples]
    counts = Counter(example.label for example in split.examples)
    return {
        "rows": len(texts),
        "labels": {
            label: {"count": counts[label], "share": counts[label] / max(1, len(texts))}
            for label in labels
        },
        "duplicates": duplicates(split),
        "faults": faults(split.examples),
        "characters": _spread([len(text) for text in texts]),
        "words": _spread([len(text.split()) for text in texts]),
        "script_share": script_share(
            Counter(chain.from_iterable(texts)), split.language.partition("-")[2]
        ),
    }


def _language(code: str, splits: Mapping[str, Split], labels: list[str]) -> dict[str, Any]:
    names = in_split_order(splits)
    return {
        "name": language_name(code),
        "splits": {name: describe(splits[name], labels) for name in names},
        "leakage": [leakage(splits[a], splits[b]) for a, b in combinations(names, 2)],
    }


def _spread(lengths: list[int]) -> dict[str, float]:
    if not lengths:
        return {"min": 0, "median": 0.0, "p95": 0.0, "max": 0}
    return {
        "min": min(lengths),
        "median": float(np.median(lengths)),
        "p95": float(np.percentile(lengths, 95, method="inverted_cdf")),
        "max": max(lengths),
    }
