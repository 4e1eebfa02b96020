"""The code blocks of the project's pages, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
SHELL = {"bash", "sh"}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ASSIGNED = re.compile(r"^[A-Z_]+=\S*$")


class Block(NamedTuple):
    page: str
    line: int
    language: str
    text: str


class Words(NamedTuple):
    """A command as the shell would cut it."""

    place: str
    words: tuple[str, ...]


def blocks(page: Path) -> Iterator[Block]:
    """All fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    name = page.relative_to(ROOT).as_posix()
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(name, line, found[1], found[2])


def commands(block: Block, program: str) -> Iterator[Words]:
    """What a shell block asks of a program, wherever in a line it stands."""
    for line in block.text.replace("\\\n", " ").splitlines():
        for part in re.split(r"&&|\|\||[;|]|\$\(", line):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:
                continue
            place = f"{block.page}:{block.line}"
            if program in words:
                at = words.index(program)
                yield Words(place, tuple(words[at + 1 :]))


def all_commands(program: str) -> list[Words]:
    """Of all pages."""
    shown = (block for page in PAGES for block in blocks(page) if block.language in SHELL)
    return [found for block in shown for found in commands(block, program)]
