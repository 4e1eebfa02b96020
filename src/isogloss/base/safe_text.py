r"""Text that came from outside, made fit for a terminal, a log and a record.

Three things are done to it. Control characters are written as escapes, since a terminal obeys them:
`\x1b[2J` in a data file would clear the screen of who reads about it, and a character that turns
text around would make a message say something else. Secrets are left out: a token that stands in an
address would else be copied into records and reports that are published. And long lines lose their
middle, so that one field of a megabyte does not drown what the message has to say.

All of it is done once, where a message is made; doing it twice changes nothing.
"""

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from isogloss.base.hub_home import token_file

LONGEST_LINE = 1200
MOST_LINES = 200
HIDDEN = "[secret]"

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""All but tab and line feed: C0, C1, delete, what turns text around, halves of surrogate pairs."""

SECRET_NAME = re.compile(r"(^|_)(TOKEN|PASSWORD|PASSWD|SECRET|API_?KEY|ACCESS_KEY)($|_)")
"""What variables of the environment are called that hold a secret."""

NOT_SECRET = re.compile(r"PATH|FILE|DIR|HOME|^TOKENIZERS_|IMPLICIT_TOKEN$")
SHORTEST_SECRET = 8
"""Shorter values are words such as `true`, which stand in any text."""

SHAPES = (
    re.compile(r"hf_[A-Za-z0-9]{20,}"),
    re.compile(r"(?<=://)[^/\s@'\"]{0,200}:[^/\s@'\"]{1,400}(?=@)"),
    re.compile(
        r"(?i)(?<=[?&])((?:access_|api_|auth_)?(?:token|key|password|secret)"
        r"|(?:x-amz-)?signature|x-amz-security-token)=[^&\s'\"]+"
    ),
    re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]{8,}"),
)
"""What a secret looks like: a token of the Hub, a password in an address, a signed link."""


def safe(text: str) -> str:
    r"""Make a message of several lines fit to be shown and kept.

    >>> safe("a\x1b[31mb")
    'a\\x1b[31mb'
    >>> safe("no answer from https://ada:hunter22@hub.example/x?token=abc")
    'no answer from https://[secret]@hub.example/x?[secret]'
    """
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        left_out = len(lines) - MOST_LINES + 1
        lines = [*lines[: MOST_LINES - 2], f"  ... {left_out} more lines ...", lines[-1]]
    # What is cut off at the first of the two lengths is far from what the second one leaves.
    few = "\n".join(shortened(line, 20 * LONGEST_LINE) for line in lines)
    return "\n".join(map(shortened, visible(redacted(few)).split("\n")))


def visible(text: str) -> str:
    r"""Write what a terminal would obey as an escape; tabs and line feeds stay.

    >>> visible("a\x9b1mb\u202ec\ud83d")
    'a\\x9b1mb\\u202ec\\ud83d'
    """
    return CONTROL.sub(_escape, text)


def redacted(text: str) -> str:
    """Leave out what is, or looks like, a secret.

    >>> redacted("hf_abcdefghijklmnopqrstuvwx is refused")
    '[secret] is refused'
    """
    for value in _secrets():
        text = text.replace(value, HIDDEN)
    for shape in SHAPES:
        text = shape.sub(HIDDEN, text)
    return text


def has_secret(text: str) -> bool:
    """Whether a text holds what is, or looks like, a secret."""
    return redacted(text) != text


def shortened(line: str, longest: int = LONGEST_LINE) -> str:
    """Leave the middle of a long line out; its end says what to do.

    >>> shortened("a" * 30 + "b" * 30, 40)
    'aaaaaaaaaaaa ...(40 more)... bbbbbbbb'
    """
    if len(line) <= longest:
        return line
    room = longest - 20
    head, tail = room - room * 2 // 5, room * 2 // 5
    return f"{line[:head]} ...({len(line) - head - tail} more)... {line[-tail:]}"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _secrets() -> Iterator[str]:
    """The secrets that this process was given, the longest first."""
    given = [value for name, value in os.environ.items() if _holds_secret(name)]
    given.append(_kept_token(token_file()))
    found = {value.strip() for value in given}
    yield from sorted((v for v in found if len(v) >= SHORTEST_SECRET), key=len, reverse=True)


@lru_cache(maxsize=512)
def _holds_secret(name: str) -> bool:
    upper = name.upper()
    return bool(SECRET_NAME.search(upper)) and not NOT_SECRET.search(upper)


@lru_cache(maxsize=4)
def _kept_token(file: Path) -> str:
    """The token that `hf auth login` has kept, or nothing."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
