"""JSON Lines: one JSON object a line; empty lines are skipped.

A key given twice is refused, because JSON readers silently keep one of the two. So is half of a
surrogate pair (U+D83D alone), which is no character and cannot be written out again.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from isogloss.data.lines import Line, broken, read_lines
from isogloss.data.source import Row

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_jsonl(path: Path) -> Iterator[Row]:
    """Yield one row per line of a `.jsonl` or `.jsonl.gz` file.

    Raises:
        InputError: a line is not a JSON object; see also `read_lines`.
    """
    index = 0
    for line in read_lines(path):
        if line.text.isspace():
            continue
        yield Row(f"{path}:{line.number}", index, _parse(line, path))
        index += 1


def _parse(line: Line, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(line.text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise broken(
            path,
            line.number,
            f"not JSON: {error.msg} at column {error.colno}. Write one JSON object a line.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise broken(path, line.number, f"not usable JSON: {error}. Mend the line.") from error
    if not isinstance(value, dict):
        raise broken(
            path,
            line.number,
            f"a JSON {type(value).__name__} where an object should be. "
            'Write one object a line, as {"text": ..., "label": ...}.',
        )
    if SURROGATE.search(line.text):
        _check_surrogates(value, line, path)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice!r} stands twice")
    return value


def _check_surrogates(value: dict[str, Any], line: Line, path: Path) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise broken(
            path,
            line.number,
            f"half of a surrogate pair ({half}) is no character. "
            "Write the whole pair, or the character itself.",
        ) from error
