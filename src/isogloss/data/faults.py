"""Texts that went wrong on their way: empty, badly decoded, escaped, with leftovers of markup."""

import re
from collections.abc import Callable, Iterable
from html.entities import html5
from typing import Any

from isogloss.data.duplicates import EXAMPLES_SHOWN
from isogloss.data.example import TextExample

ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
ENTITY = re.compile(r"&(#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")


def is_empty(text: str) -> bool:
    """Whether nothing but white space is there."""
    return not text.strip()


def has_replacement(text: str) -> bool:
    """Whether U+FFFD stands where a byte could not be decoded."""
    return "\ufffd" in text


def has_escape(text: str) -> bool:
    r"""Whether a literal \uXXXX stands where a character should be."""
    return ESCAPE.search(text) is not None


def has_control(text: str) -> bool:
    """Whether a control character other than tab and line ends is there."""
    return CONTROL.search(text) is not None


def has_markup(text: str) -> bool:
    """Whether an HTML entity such as `&amp;` is there.

    >>> has_markup("fish &amp; chips"), has_markup("R&Dep; more")
    (True, False)
    """
    return any(name.startswith("#") or name in html5 for name in ENTITY.findall(text))


FAULTS: dict[str, Callable[[str], bool]] = {
    "empty": is_empty,
    "replacement_character": has_replacement,
    "literal_escape": has_escape,
    "control_character": has_control,
    "markup": has_markup,
}


def faults(examples: Iterable[TextExample]) -> dict[str, dict[str, Any]]:
    """Count the examples with each fault and name some.

    Returns:
        Fault -> `count` and `examples` (up to five ids).
    """
    found: dict[str, list[str]] = {name: [] for name in FAULTS}
    for example in examples:
        for name, has in FAULTS.items():
            if has(example.text):
                found[name].append(example.id)
    return {
        name: {"count": len(ids), "examples": ids[:EXAMPLES_SHOWN]} for name, ids in found.items()
    }
