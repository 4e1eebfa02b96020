"""The name of a computation: a digest of everything that decides its result.

Canonical JSON, never pickle; defaults are written out, so that a default that changes tomorrow
gives another key and an old artifact is never mistaken for a new one.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

KEY_LENGTH = 16


def canonical(value: Any) -> str:
    """Write a JSON-able value in the one form that is digested.

    Raises:
        ValueError: for NaN and infinities, which have no JSON form.
        TypeError: for what is not JSON-able.

    >>> canonical({"b": 1, "a": [1, 2]})
    '{"a":[1,2],"b":1}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def fingerprint(kind: str, version: int, payload: Any) -> str:
    """Digest a JSON-able payload to 16 hexadecimal digits; the order of keys does not matter.

    >>> fingerprint("finetune", 1, {"a": 1, "b": 2}) == fingerprint("finetune", 1, {"b": 2, "a": 1})
    True
    """
    text = canonical([kind, version, payload])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_LENGTH]


def file_digest(path: Path) -> str:
    """Digest the bytes of a file (SHA-256, hexadecimal)."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
