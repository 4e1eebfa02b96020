"""A page drawn: one HTML file that holds all it needs and may load nothing.

The policy in its head allows the scripts and the style that stand in it, by their digests, and
nothing else: no request, no inline handler, no evaluated string. Charts are drawn by Vega-Lite with
the interpreter for its expressions, which needs no evaluation either.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, final

import vl_convert
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from isogloss.report.html.blocks import Block, Chart, Fold, Section

SCRIPTS = (
    "page.js",
    "tables.js",
    "charts.js",
    "map.js",
    "numbers.js",
    "recommend.js",
    "panel.js",
    "confusion.js",
    "examples.js",
)
"""Ours, in the order in which they are put together."""

STYLES = ("page.css", "map.css", "decision.css", "why.css")

_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202d\u202e\ud800-\udfff\ufffe\uffff]")
"""Characters that HTML forbids, and the two that turn any text around, so that `evil` reads `live`;
each is shown as U+FFFD."""

_INLINE = re.compile(r"\*\*(.+?)\*\*|`([^`]+)`")


@final
@dataclass(frozen=True)
class Page:
    """A title and sections."""

    title: str
    sections: Sequence[Section]
    sample: bool = False
    """Whether the data are made up; said at the top."""

    footer: str = ""


@final
@dataclass(frozen=True)
class Rendered:
    """A page as it is written."""

    html: str
    policy: str
    """What it allows itself to load, as in its head: a Content-Security-Policy."""


def render(page: Page) -> str:
    """Draw a page; takes a second or two where it has charts, for their runtime."""
    return render_with_policy(page).html


def render_with_policy(page: Page) -> Rendered:
    """Draw a page, and tell its policy, for who serves it."""
    charts = any(isinstance(block, Chart) for block in _all_blocks(page.sections))
    scripts = [_runtime()] if charts else []
    scripts.append("\n".join(_asset(name) for name in SCRIPTS))
    style = "\n".join(_asset(name) for name in STYLES)
    policy = _policy(scripts, [style])
    html = (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            policy=policy,
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - ours, not anybody's data
            style=Markup(style),  # noqa: S704 - ours
        )
    )
    return Rendered(html, policy)


def rich_text(text: str) -> Markup:
    """Escape a text, and draw its `**bold**` and `code`.

    >>> str(rich_text("**a** < `b`"))
    '<strong>a</strong> &lt; <code>b</code>'
    """
    made, at = Markup(), 0
    for match in _INLINE.finditer(text):
        made += clean(text[at : match.start()])
        tag = "strong" if match[1] is not None else "code"
        made += Markup(f"<{tag}>{{}}</{tag}>").format(clean(match[1] or match[2]))  # noqa: S704
        at = match.end()
    return made + clean(text[at:])


def clean(text: object) -> str:
    r"""Put U+FFFD for what HTML does not allow, and for what makes text read as another.

    >>> clean("a\x00b"), clean("\u202eevil")
    ('a�b', '�evil')
    """
    return _UNSAFE.sub("�", str(text))


def breakable(text: object) -> Markup:
    """Let a name be broken behind its underscores, where there is no room for it.

    >>> str(breakable("eval_loss"))
    'eval_<wbr>loss'
    """
    return Markup("_<wbr>").join(clean(text).split("_"))


def json_in_html(value: Any) -> Markup:
    """Write JSON that can stand in a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - holds none of < > &


def _policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    looks = " ".join(f"'sha256-{_digest(style)}'" for style in styles)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {looks}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _all_blocks(sections: Sequence[Section]) -> Iterator[Block]:
    for section in sections:
        yield from _flat(section.blocks)


def _flat(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Fold):
            yield from _flat(block.blocks)


@lru_cache(maxsize=1)
def _runtime() -> str:
    """Vega, Vega-Lite and Vega-Embed as vl-convert brings them; `</script` cannot occur in it."""
    return str(vl_convert.javascript_bundle()).replace("</script", "<\\/script")


@lru_cache(maxsize=16)
def _asset(name: str) -> str:
    return (files("isogloss.report.html") / "assets" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=2)
def environment(*rooms: str) -> Environment:
    """What draws templates: those among the assets of other rooms, and the parts of a page."""
    loaders = [PackageLoader(room, "assets") for room in (*rooms, "isogloss.report.html")]
    made = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters["rich"] = rich_text
    made.filters["data"] = json_in_html
    made.filters["breakable"] = breakable
    return made


def _finalize(value: Any) -> Any:
    return value if isinstance(value, Markup) else clean(value)
