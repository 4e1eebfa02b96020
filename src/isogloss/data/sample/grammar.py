"""A grammar of sample sentences, read from one YAML file per language.

A file in `grammars/` is data a speaker of the language can read and mend: word tables, phrases and
templates. `sentence.py` turns it into sentences.

- `tables`: a word class each. A line of `rows` is an entry, its cells follow `columns`. `domain`
  and `agr` are features; every other column is a form. `stem` and `class` together stand for all
  forms of a class in `classes` (the stem plus each ending). In a cell, `~` parts words, `word/TAG`
  overrides the table's `tag`, `-` says that the form does not exist.
- `words`: word classes with one entry (articles, auxiliaries), written form by form.
- `phrases` and `templates`: alternatives, each line a weight and then its symbols.

Reading a file takes some ten milliseconds and happens once in a process.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

FEATURES = frozenset({"domain", "agr", "stem", "class"})
GRAMMARS = files(__package__).joinpath("grammars")


@dataclass(frozen=True)
class Entry:
    """A word with its forms; a form is a cell, still with its `~` and `/TAG`.

    Attributes:
        domain: the subject matter it belongs to, `"*"` for every one.
        agr: the key under which its companions agree with it (gender, number, harmony).
        forms: cells by form; an entry with one form never changes.
    """

    domain: str
    agr: str
    forms: Mapping[str, str]

    def form(self, key: str) -> str | None:
        """The cell of a form, or None when the word has no such form."""
        if len(self.forms) == 1:
            return next(iter(self.forms.values()))
        return self.forms.get(key)


@dataclass(frozen=True)
class WordClass:
    """Entries that may stand in the same slot, and the UPOS tag of their words."""

    tag: str
    entries: tuple[Entry, ...]


class Alternative(NamedTuple):
    """One way to write a phrase or a sentence; `line` is symbols parted by spaces."""

    weight: int
    line: str


@dataclass(frozen=True)
class Grammar:
    """Everything needed to write sentences of one language.

    Attributes:
        spaced: whether words are parted by spaces.
        capitals: upper-case letters that differ from Unicode's default (Turkish i).
        mirror: word class to its opposite (good to bad), both ways.
        templates: alternatives by kind: `polar` is written to be positive and mirrors to negative.
        domains: subject matters, in the order of the file.
    """

    language: str
    spaced: bool
    capitals: Mapping[str, str]
    mirror: Mapping[str, str]
    classes: Mapping[str, WordClass]
    phrases: Mapping[str, tuple[Alternative, ...]]
    templates: Mapping[str, tuple[Alternative, ...]]
    domains: tuple[str, ...]


@cache
def grammar_codes() -> tuple[str, ...]:
    """Codes of the languages that have a grammar, sorted."""
    names = (entry.name for entry in GRAMMARS.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@cache
def read_grammar(code: str) -> Grammar:
    """Read the grammar of a language (one of `grammar_codes()`)."""
    raw = yaml.safe_load(GRAMMARS.joinpath(f"{code}.yaml").read_text(encoding="utf-8"))
    classes = {name: _table(table) for name, table in raw["tables"].items()}
    classes |= {name: _word(forms) for name, forms in raw["words"].items()}
    return Grammar(
        language=code,
        spaced=raw.get("spaced", True),
        capitals=raw.get("capitals", {}),
        mirror=_both_ways(raw["mirror"]),
        classes=classes,
        phrases={name: _alternatives(lines) for name, lines in raw["phrases"].items()},
        templates={name: _alternatives(lines) for name, lines in raw["templates"].items()},
        domains=tuple(dict.fromkeys(entry.domain for entry in classes["aspect"].entries)),
    )


def _table(table: Mapping[str, Any]) -> WordClass:
    columns = table["columns"].split()
    rows = [line.split() for line in table["rows"].splitlines() if line.strip()]
    entries = [
        _entry(dict(zip(columns, row, strict=True)), table.get("classes", {})) for row in rows
    ]
    return WordClass(table["tag"], tuple(entries))


def _entry(row: Mapping[str, str], endings: Mapping[str, Mapping[str, str]]) -> Entry:
    forms = {name: cell for name, cell in row.items() if name not in FEATURES and cell != "-"}
    if "stem" in row:
        ends = endings[row["class"]]
        forms |= {name: row["stem"] + (end or "") for name, end in ends.items()}
    return Entry(row.get("domain", "*"), row.get("agr", ""), forms)


def _word(forms: Mapping[str, str]) -> WordClass:
    rest = {name: str(cell) for name, cell in forms.items() if name != "tag"}
    return WordClass(forms["tag"], (Entry("*", "", rest),))


def _alternatives(lines: str) -> tuple[Alternative, ...]:
    found = []
    for line in lines.splitlines():
        weight, _, symbols = line.strip().partition(" ")
        if weight:
            found.append(Alternative(int(weight), symbols))
    return tuple(found)


def _both_ways(mirror: Mapping[str, str]) -> dict[str, str]:
    return {**mirror, **{opposite: name for name, opposite in mirror.items()}}
