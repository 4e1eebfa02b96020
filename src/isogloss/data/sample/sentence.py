"""Write one sentence from a grammar, with its tags: a small engine, the language is in the data.

Symbols of a template, parted by spaces:

- `word/TAG` a word as it stands; punctuation needs no tag. `+word/TAG` joins the word before
  (`was +n't/PART`), `word+/TAG` the word after it.
- `{good}` an entry of the class `good` in its form `base`; `{good.acc}` in its form `acc`;
  `{good|aspect}` in the form that agrees with the aspect; `{good.acc|aspect}` both, the form
  `acc.<agr>`. A digit tells two entries of a class apart (`{aspect1}`, `{aspect2}`); the same name
  is the same entry all sentence long.
- `<fine1>` the phrase `fine`, in which `#` reads 1; `<-fine1>` the same with mirrored polarity.
- `[PER`, `[LOC`, `[ORG` and `]` begin and end a name.

A mirrored template writes `bad` where it says `good`: the same words in the same places carry the
other label, so counting words does not tell the label, reading does.

Only `Random.random` is called: the one generator method that Python promises never to change.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple, TypeVar

from isogloss.data.sample.grammar import Alternative, Entry, Grammar

T = TypeVar("T")

SLOT = re.compile(r"\{(?P<name>[a-z_]+)(?P<digit>\d?)(?:\.(?P<form>[\w.]+))?(?:\|(?P<mate>\w+))?\}")
PHRASE = re.compile(r"<(?P<flip>-?)(?P<name>[a-z_]+)(?P<digit>\d?)>")
NAME_KINDS = {"[PER": "PER", "[LOC": "LOC", "[ORG": "ORG"}
CLOSING = frozenset(".,!?;:،؟।。、")
SENTENCE_END = frozenset(".!?")


class Sentence(NamedTuple):
    """A sentence as text and as tagged words; `ner` is IOB2 over PER, LOC and ORG."""

    text: str
    tokens: tuple[str, ...]
    upos: tuple[str, ...]
    ner: tuple[str, ...]


@dataclass
class _Draft:
    """What is written and chosen so far."""

    grammar: Grammar
    rng: Random
    domain: str
    chosen: dict[str, Entry] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    upos: list[str] = field(default_factory=list)
    ner: list[str] = field(default_factory=list)
    open_name: str = "O"


def write_sentence(grammar: Grammar, kind: str, *, flipped: bool, rng: Random) -> Sentence:
    """Write a sentence from a template of a kind (`polar`, `neutral` ...).

    Args:
        grammar: the language.
        kind: which templates to choose from.
        flipped: write the opposite polarity of what the template says.
        rng: where every choice comes from.
    """
    draft = _Draft(grammar, rng, domain=pick(grammar.domains, rng))
    _expand(draft, _weighted(grammar.templates[kind], rng), flipped=flipped)
    tokens = _capitalize([word.strip("+") for word in draft.words], grammar)
    text = _join(draft.words, tokens, spaced=grammar.spaced)
    return Sentence(text, tuple(tokens), tuple(draft.upos), tuple(draft.ner))


def pick(items: Sequence[T], rng: Random) -> T:
    """One of the items, all equally likely."""
    return items[int(rng.random() * len(items))]


def _weighted(alternatives: Sequence[Alternative], rng: Random) -> str:
    at = rng.random() * sum(a.weight for a in alternatives)
    for weight, line in alternatives:
        at -= weight
        if at < 0:
            return line
    return alternatives[-1].line


def _expand(draft: _Draft, line: str, *, flipped: bool) -> None:
    for symbol in line.split():
        if symbol in NAME_KINDS:
            draft.open_name = f"B-{NAME_KINDS[symbol]}"
        elif symbol == "]":
            draft.open_name = "O"
        elif slot := SLOT.fullmatch(symbol):
            _fill(draft, slot, flipped=flipped)
        elif phrase := PHRASE.fullmatch(symbol):
            body = _weighted(draft.grammar.phrases[phrase["name"]], draft.rng)
            turned = flipped != bool(phrase["flip"])
            _expand(draft, body.replace("#", phrase["digit"]), flipped=turned)
        else:
            _write(draft, symbol, "PUNCT")


def _fill(draft: _Draft, slot: re.Match[str], *, flipped: bool) -> None:
    name = draft.grammar.mirror.get(slot["name"], slot["name"]) if flipped else slot["name"]
    parts = [slot["form"]] if slot["form"] else []
    if slot["mate"]:
        mate = slot["mate"]
        parts.append(_choose(draft, mate.rstrip("0123456789"), mate, key="").agr)
    key = ".".join(parts) or "base"
    entry = _choose(draft, name, name + slot["digit"], key=key)
    cell = entry.form(key)
    if cell is None:
        raise KeyError(f"{draft.grammar.language}: {slot[0]} needs a form {key!r} of {entry}")
    for word in cell.split("~"):
        _write(draft, word, draft.grammar.classes[name].tag)


def _choose(draft: _Draft, name: str, slot: str, *, key: str) -> Entry:
    """The entry in a slot; the first mention chooses it, among those that have the form."""
    if slot not in draft.chosen:
        taken = [draft.chosen[s] for s in draft.chosen if s.rstrip("0123456789") == name]
        free = [
            entry
            for entry in draft.grammar.classes[name].entries
            if entry.domain in {"*", draft.domain}
            and all(entry is not other for other in taken)
            and (not key or entry.form(key) is not None)
        ]
        if not free:
            raise KeyError(f"{draft.grammar.language}: nothing of {name!r} fits {slot} {key!r}")
        draft.chosen[slot] = pick(free, draft.rng)
    return draft.chosen[slot]


def _write(draft: _Draft, word: str, tag: str) -> None:
    word, _, own = word.partition("/")
    draft.words.append(word)
    draft.upos.append(own or tag)
    draft.ner.append(draft.open_name)
    draft.open_name = draft.open_name.replace("B-", "I-")


def _capitalize(tokens: Sequence[str], grammar: Grammar) -> list[str]:
    fresh, done = True, []
    for token in tokens:
        if fresh and token[0].isalpha():
            first = grammar.capitals.get(token[0], token[0].upper())
            done.append(first + token[1:])
            fresh = False
        else:
            done.append(token)
            fresh = fresh or token in SENTENCE_END
    return done


def _join(marked: Sequence[str], tokens: Sequence[str], *, spaced: bool) -> str:
    text = tokens[0]
    for i in range(1, len(tokens)):
        glued = marked[i].startswith("+") or marked[i - 1].endswith("+") or tokens[i] in CLOSING
        text += tokens[i] if glued or not spaced else " " + tokens[i]
    return text
