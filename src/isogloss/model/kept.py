"""Which entries of a vocabulary must stay, so that given texts fall into the same pieces as before.

An algorithm chooses among the entries that fit, so leaving out what it never chose changes nothing,
with three exceptions that are kept here: what greedy WordPiece took before it gave a word up, the
lowest score of Unigram (unknown characters are scored below it), and all the ways by which BPE can
have merged a piece. Single characters and bytes stay as well: a text that was not given still falls
into pieces, only into more of them.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any

from isogloss.base.errors import InputError

BYTE = re.compile(r"<0x[0-9A-F]{2}>")


def entries_to_keep(model: Mapping[str, Any], used: Set[str], given_up: Iterable[str]) -> set[str]:
    """Return the entries that a vocabulary cannot do without.

    Args:
        model: the algorithm with its vocabulary, as in the `model` of a tokenizer.json.
        used: entries that the texts fell into.
        given_up: words of the texts that became the unknown token as a whole.

    Raises:
        InputError: for an algorithm that is not WordPiece, Unigram or BPE.
    """
    kind = str(model["type"])
    if kind not in RULES:
        raise InputError(
            f"A vocabulary of type {kind!r} cannot be trimmed; known: {', '.join(RULES)}. "
            "Leave out the serving form 'trimmed' for this encoder."
        )
    return RULES[kind](model, used, given_up)


def merges_of(model: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield each merge of a BPE as its left part, its right part and what they become."""
    skipped = len(model.get("continuing_subword_prefix") or "")
    for merge in model["merges"]:
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        yield left, right, left + right[skipped:]


def _wordpiece(model: Mapping[str, Any], used: Set[str], given_up: Iterable[str]) -> set[str]:
    vocabulary, prefix = set(model["vocab"]), model["continuing_subword_prefix"]
    kept = {*used, model["unk_token"]} | _alphabet(vocabulary, prefix)
    for word in given_up:
        if len(word) <= model["max_input_chars_per_word"]:
            kept.update(_before_giving_up(word, vocabulary, prefix))
    return kept


def _unigram(model: Mapping[str, Any], used: Set[str], given_up: Iterable[str]) -> set[str]:
    del given_up
    entries = [entry for entry, _ in model["vocab"]]
    lowest, _ = min(model["vocab"], key=lambda item: item[1])
    unknown = [] if model["unk_id"] is None else [entries[model["unk_id"]]]
    bytes_ = filter(BYTE.fullmatch, entries)
    return {*used, lowest, *unknown, *bytes_} | _alphabet(set(entries), "")


def _bpe(model: Mapping[str, Any], used: Set[str], given_up: Iterable[str]) -> set[str]:
    """Two merges may make the same piece; a word may have gone either way, so both stay."""
    del given_up
    before = model.get("continuing_subword_prefix") or ""
    behind = model.get("end_of_word_suffix") or ""
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for left, right, merged in merges_of(model):
        parts[merged] += [left, right]
    kept = {
        entry
        for entry in model["vocab"]
        if len(entry.removeprefix(before).removesuffix(behind)) == 1 or BYTE.fullmatch(entry)
    }
    open_ = [*used, *([model["unk_token"]] if model.get("unk_token") else [])]
    while open_:
        entry = open_.pop()
        if entry not in kept:
            kept.add(entry)
            open_ += parts[entry]
    return kept


RULES: dict[str, Callable[[Mapping[str, Any], Set[str], Iterable[str]], set[str]]] = {
    "WordPiece": _wordpiece,
    "Unigram": _unigram,
    "BPE": _bpe,
}


def _alphabet(vocabulary: set[str], prefix: str) -> set[str]:
    """Single characters, and what holds a character that has no entry of its own there."""
    return {
        entry
        for entry in vocabulary
        if (apart := _characters(entry, prefix)) == [entry] or not vocabulary.issuperset(apart)
    }


def _characters(entry: str, prefix: str) -> list[str]:
    """The entries that would spell this one character by character.

    >>> _characters("abc", "##"), _characters("##ab", "##")
    (['a', '##b', '##c'], ['##a', '##b'])
    """
    if prefix and entry.startswith(prefix) and entry != prefix:
        return [prefix + character for character in entry[len(prefix) :]]
    return [*entry[:1], *(prefix + character for character in entry[1:])]


def _before_giving_up(word: str, vocabulary: Set[str], prefix: str) -> list[str]:
    """The entries that the greedy search takes until nothing fits.

    Without them it would take shorter ones, and might come to the end of the word.
    """
    taken: list[str] = []
    start = 0
    while start < len(word):
        mark = prefix if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if mark + word[start:end] in vocabulary), None)
        if end is None:
            break
        taken.append(mark + word[start:end])
        start = end
    return taken
