"""Pages at the root of the repository, as pages of the site: where links lead from there."""

import re
from pathlib import Path
from typing import Any

from _generate.markdown import NOTICE

ROOT = Path(__file__).parents[2]

NAMES = tuple(sorted(path.stem for path in ROOT.glob("*.md") if path.stem != "README"))
"""Of the pages at the root; the site begins otherwise than the repository."""

FOLDER = "project"
"""In docs/, where they are written to, their names in small letters."""

_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)")
_TO_ROOT = re.compile(rf"\]\((?:\.\./)+({'|'.join(NAMES)})\.md")


def project_page(name: str) -> str:
    """A page of the root, its links rewritten for its place in the site."""
    text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
    return NOTICE + _LINK.sub(lambda found: f"]({_moved(found[1])})", text)


def _moved(target: str) -> str:
    """A link from the root, as it is from `docs/project/`."""
    path, mark, anchor = target.partition("#")
    if path.removesuffix(".md") in NAMES:
        return f"{path.lower()}{mark}{anchor}"
    if path == "README.md":
        return "../index.md"
    if path.startswith("docs/"):
        return f"../{path.removeprefix('docs/')}{mark}{anchor}"
    return f"../../{target}"


def lead_here(_: Any, docname: str, source: list[str]) -> None:
    """Let links from pages to those of the root lead to their copies in the site.

    Sphinx calls this when it has read a page.

    Args:
        docname: place of the page in docs/.
        source: its text, the only item, which is replaced.
    """
    up = "../" * docname.count("/")
    source[0] = _TO_ROOT.sub(lambda found: f"]({up}{FOLDER}/{found[1].lower()}.md", source[0])
