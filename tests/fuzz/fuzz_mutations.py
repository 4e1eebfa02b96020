"""Ways to spoil a good file: byte by byte, and value by value."""

import json
import string

from hypothesis import strategies as st

NASTY = (
    b"\0",
    b"\xff",
    b"\xc0\xaf",
    b"\xed\xa0\x80",  # half a surrogate pair, as bytes
    b"\\ud83d",  # and as an escape
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\r\n",
    b"\r",
    b"\n\n",
    b"\x1b]0;title\x07\x1b[31m",
    "\u2028\x85\u202e".encode(),
    b'"',
    b'""',
    b"'",
    b"\t",
    b",",
    b":",
    b"- ",
    b"# ",
    b"&a *a",
    b"!!python/object/apply:os.system [id]",
    b"!!timestamp ",
    b"!!bool ",
    b"!!float ",
    b"2020-13-45",
    b".inf",
    b"1.0e+308",
    b"<<: {a: 1}",
    b"? [a]\n: b\n",
    b"--- \n...\n",
    b"{",
    b"}",
    b"[" * 3000,
    b'{"a":' * 2000,
    b"9" * 5000,
    b"-1",
    b"1e999",
    b"NaN",
    b"null",
    b"0x7fffffffffffffffffff",
    b"2001-12-14t21:59:43.10-05:00",
    b"../../../etc/passwd",
    b"~nobody-of-this-name/x",
    b"{{7*7}}${HOME}%s%n$(id)",
    b"w" * 70_000,
)
"""What has broken readers before: of this project, and of others."""


@st.composite
def spoiled(draw, seeds):
    """A good file with one to five edits."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 5))):
        content = draw(_edit(content))
    return content


@st.composite
def _edit(draw, content):
    at = draw(st.integers(0, len(content)))
    end = min(len(content), at + draw(st.integers(0, 40)))
    kind = draw(st.sampled_from(("insert", "replace", "delete", "cut", "repeat", "flip", "move")))
    if kind == "insert":
        return content[:at] + draw(_piece()) + content[at:]
    if kind == "replace":
        return content[:at] + draw(_piece()) + content[end:]
    if kind == "delete":
        return content[:at] + content[end:]
    if kind == "cut":
        return content[:at]
    if kind == "repeat":
        return content[:end] + content[at:end] * draw(st.integers(1, 50)) + content[end:]
    if kind == "move":
        to = draw(st.integers(0, len(content)))
        return content[:to] + content[at:end] + content[to:]
    if at == len(content):
        return content
    return content[:at] + bytes([content[at] ^ (1 << draw(st.integers(0, 7)))]) + content[at + 1 :]


def _piece():
    return st.sampled_from(NASTY) | st.binary(min_size=1, max_size=8)


WORDS = st.text(max_size=12) | st.sampled_from(
    [piece.decode("utf-8", "surrogatepass") for piece in NASTY if piece.isascii()]
    + ["", "\ud83d", "\0", "train", "de", "German", "O", "B-PER", "I-LOC", "NOUN", "text", "label"]
)
"""Texts, halves of surrogate pairs among them."""

NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, -1, 1, 2**31, 2**63, 2**64, 10**400, 1e308, float("nan"), True])
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=8,
)
"""Anything that JSON can say."""


@st.composite
def with_other_values(draw, document):
    """A good document with one to three values replaced, removed, added or nested."""
    document = json.loads(json.dumps(document))  # a copy
    for _ in range(draw(st.integers(1, 3))):
        holder = draw(st.sampled_from(list(_holders(document))))
        _change(draw, holder)
    return document


def _holders(value):
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _holders(item)


def _change(draw, holder):
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    kind = draw(st.sampled_from(("replace", "remove", "add")))
    if kind == "add" or not keys:
        new = draw(VALUES)
        if isinstance(holder, dict):
            holder[draw(WORDS)] = new
        else:
            holder.append(new)
        return
    key = draw(st.sampled_from(keys))
    if kind == "remove":
        del holder[key]
    else:
        holder[key] = draw(VALUES)


@st.composite
def with_another_text(draw, document):
    """A good document in which one text says something else: a path, a name, a language."""
    document = json.loads(json.dumps(document))
    places = [
        (holder, key)
        for holder in _holders(document)
        for key, value in (holder.items() if isinstance(holder, dict) else enumerate(holder))
        if isinstance(value, str)
    ]
    holder, key = draw(st.sampled_from(places))
    holder[key] = draw(ODD_TEXTS)
    return document


ODD_TEXTS = WORDS | st.sampled_from(
    [
        *(
            "~nobody-of-this-name/x",
            "~",
            "/",
            ".",
            "..",
            "./",
            "/dev/zero",
            "/dev/stdin",
            "a" * 300,
        ),
        *("x/" * 3000, "/proc/self/fd/0", "a/b/c", "owner/name", "https://ada:pass@hub/x", "a\nb"),
        *("hf_" + "a1" * 17, "teacher:de", "de-Latn-x-y", "no-such-language", "{0}", "%(a)s"),
    ]
)
"""Names and paths that are hard to open, to look up or to print."""


def as_json(value) -> bytes:
    """JSON as careless programs write it: NaN as a word, half pairs as escapes."""
    return json.dumps(value).encode()


PLAIN = st.text(alphabet=string.ascii_letters + string.digits + " .-_#/\t", max_size=20)
LINES = st.lists(PLAIN | WORDS, max_size=8)
