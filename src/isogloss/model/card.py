"""The README.md of a trained masked language model: what the Hub reads, and where it comes from.

A model without its provenance cannot be trusted or made again, so the card holds what decides it:
study, arm, seed, updates, text of each language, teachers, key, versions and the command.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from isogloss.base.languages import language_name, language_tag

TAGS = ("isogloss", "masked-lm", "multilingual")

USE = """```python
from transformers import pipeline

guess = pipeline("fill-mask", model="path/to/this/folder")
guess(f"... {guess.tokenizer.mask_token} ...")
```"""

ROWS: Mapping[str, str] = {
    "study": "study",
    "arm": "arm",
    "seed": "seed",
    "steps": "updates",
    "tokens_seen": "tokens seen",
    "architecture": "architecture",
    "parameters": "parameters",
    "vocab_size": "vocabulary",
    "max_length": "longest input, tokens",
    "weight": "weight of soft labels",
    "temperature": "temperature of soft labels",
    "key": "key in the store",
}
"""Facts of one value, and what the card calls them, in the order of the card."""

NESTED = ("name", "languages", "sizes", "teachers", "versions", "command", "license")


def model_card(facts: Mapping[str, Any]) -> str:
    """Write the card of a model.

    Args:
        facts: `name` and `languages` (stored codes) always; as far as they are known those of
            `ROWS`, `sizes` (by language: `characters`, `windows`), `teachers` (by language: the
            name of each), `versions` (by package), `command` and `license` (of the weights).

    Raises:
        ValueError: for a fact that has no place on the card, or without the first two.

    >>> card = model_card({"name": "student", "languages": ["eus-Latn"], "seed": 1})
    >>> card.splitlines()[:4]
    ['---', 'language:', '- eu', 'library_name: transformers']
    """
    unknown = sorted(facts.keys() - ROWS.keys() - set(NESTED))
    missing = sorted({"name", "languages"} - facts.keys())
    if unknown or missing:
        raise ValueError(f"facts of a card: unknown {unknown}, missing {missing}")
    return "\n\n".join([_front(facts), *_sections(facts)]) + "\n"


def _front(facts: Mapping[str, Any]) -> str:
    front: dict[str, Any] = {
        "language": [_tag(code) for code in facts["languages"]],
        "library_name": "transformers",
        "pipeline_tag": "fill-mask",
        "tags": [*TAGS[: 3 if len(facts["languages"]) > 1 else 2]],
    }
    if facts.get("teachers"):
        front["tags"].append("distillation")
    if facts.get("license"):
        front["license"] = facts["license"]
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---"


def _sections(facts: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {facts['name']}"
    yield _sentence(facts)
    yield USE
    rows = [(name, _fact(fact, facts[fact])) for fact, name in ROWS.items() if fact in facts]
    if rows:
        yield "## Provenance"
        yield _table(("", ""), rows)
    if facts.get("command"):
        yield f"Made by:\n\n```sh\n{facts['command']}\n```"
    if facts.get("sizes"):
        yield "## Text it was trained on"
        yield _table(("language", "characters", "windows"), list(_sizes(facts["sizes"])))
    if facts.get("teachers"):
        yield "## Teachers"
        named = [(language_name(code), str(name)) for code, name in facts["teachers"].items()]
        yield _table(("language", "teacher"), named)
    if facts.get("versions"):
        yield "## Versions"
        yield _table(("package", "version"), sorted(facts["versions"].items()))


def _sentence(facts: Mapping[str, Any]) -> str:
    names = [language_name(code) for code in facts["languages"]]
    listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
    how = "soft labels of the teachers below" if facts.get("teachers") else "the text's own tokens"
    return f"An encoder of {listed}, trained by masked-language modeling on {how}."


def _sizes(sizes: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, ...]]:
    for code, size in sizes.items():
        yield language_name(code), _shown(size.get("characters")), _shown(size.get("windows"))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _fact(fact: str, value: Any) -> str:
    return str(value) if fact == "seed" else _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _tag(code: str) -> str:
    """The Hub's spelling of a stored language: two letters where there are two."""
    return language_tag(code).partition("-")[0]
