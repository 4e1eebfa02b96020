"""Whatever data, models and people call things: on the page it is text."""

import json
from collections import Counter
from functools import cache
from html.parser import HTMLParser

import pytest

from isogloss.report.html.page import Page, render
from isogloss.report.html.sections.provenance import provenance
from isogloss.report.html.sections.why import why
from isogloss.report.html.study_page import study_page
from why_toys import evidence

HOSTILE = {
    "script": "<script>window.ran = 1</script>",
    "end of script": "</script><script>window.ran = 1</script>",
    "end of title and style": "</title></style><img src=x onerror=window.ran=1>",
    "comment": "<!--<script>",
    "attribute": "\" onmouseover=window.ran=1 x='`",
    "cdata": "]]><svg onload=window.ran=1>",
    "template": "{{7*7}}{% raw %}${7*7}#{7*7}",
    "vega": "datum['x'] <b>&lt;i&gt;",
    "markdown": "**<i>a</i>** `<b>` [x](javascript:window.ran=1)",
    "null bytes": "a\x00b\x01c\x7fd",
    "lone surrogates": "a\ud800b\udfffc",
    "bidi": "\u202etxt.exe\u202c \u2067abc\u2066 \u2069 \u200f",
    "long token": "x" * 100_000,
    "line ends": "a\r\nb\u2028c\u2029d\ve",
}
VOID = {"meta", "input", "br", "img", "hr", "link"}


class Read(HTMLParser):
    """What a browser would make of a page: elements, attributes and text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts, self.scripts = Counter(), [], [], []
        self._open = []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs), []))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, text):
        if self._open and self._open[-1] == "script":
            self.scripts[-1][1].append(text)
        elif self._open and self._open[-1] != "style":
            self.texts.append(text)


@cache
def read(html):
    found = Read()
    found.feed(html)
    found.close()
    assert found._open == []
    return found


@cache
def page_of(word, *, whole=False):
    """The page of a study in which everything is called so, in all parts that are ours."""
    labels = (f"{word}1", f"{word}2", f"{word}3")
    made = evidence((f"{word}a", f"{word}b"), labels=labels, word=word, sizes=(100,))
    if whole:
        return render(study_page(made))
    return render(Page(word, [why(made), provenance(made)], footer=word))


@pytest.fixture(scope="module")
def harmless():
    return read(page_of("toy"))


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_word_adds_no_element_no_attribute_and_no_script(word, harmless):
    page = page_of(word)
    found = read(page)
    assert "\x00" not in page
    page.encode()
    assert set(found.tags - harmless.tags) <= {"strong", "code", "bdi"}  # of **bold**, `code`
    names = {name for name, _ in found.attributes}
    assert names <= {name for name, _ in harmless.attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]
    ours = ["".join(text) for attrs, text in found.scripts if not attrs]
    assert ours == ["".join(text) for attrs, text in harmless.scripts if not attrs]


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_word_is_shown_as_it_is(word):
    """But for what HTML forbids, and for what turns text around, which are shown as U+FFFD."""
    found = read(page_of(word))
    shown = "".join(
        "\ufffd" if (ord(c) < 32 and c not in "\t\n\r") or c in "\x7f\u202d\u202e"
        or "\ud800" <= c <= "\udfff" else c for c in word
    )  # fmt: skip
    kept = shown[:500]
    assert any(kept.strip() in text for text in found.texts)


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_data_in_the_page_is_json_that_holds_the_word(word):
    found = read(page_of(word))
    data = [json.loads("".join(text)) for attrs, text in found.scripts if attrs]
    matrices = next(one for one in data if isinstance(one, dict) and "matrices" in one)
    assert matrices["labels"] == [f"{word}1", f"{word}2", f"{word}3"]
    assert matrices["encoders"] == [f"{word}a", f"{word}b"]


def test_the_whole_page_of_a_hostile_study_is_as_harmless():
    word = HOSTILE["end of script"]
    as_long = "t" * len(word)  # scores of the toys follow the length of a name
    found, harmless = read(page_of(word, whole=True)), read(page_of(as_long, whole=True))
    assert found.tags == harmless.tags
    assert len(found.scripts) == len(harmless.scripts)


def test_a_long_text_is_cut_in_examples_and_what_is_missing_is_counted():
    found = read(page_of(HOSTILE["script"]))
    assert any("… 12 more characters" in text for text in found.texts)


def test_the_language_of_a_text_and_its_direction_are_told():
    page = page_of("toy")
    for tag in ("en", "fr", "ar"):
        assert f'<blockquote dir="auto" lang="{tag}">' in page


def test_no_two_parts_of_the_page_share_an_id(harmless):
    ids = [value for name, value in harmless.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_a_label_that_turns_text_around_is_read_as_it_is_spelled():
    found = read(page_of(HOSTILE["bidi"]))
    assert not [text for text in found.texts if "\u202e" in text]
    data = [json.loads("".join(text)) for attrs, text in found.scripts if attrs]
    matrices = next(one for one in data if isinstance(one, dict) and "matrices" in one)
    assert not [label for label in matrices["shown"] if "\u202e" in label]
