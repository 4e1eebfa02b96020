"""Tags of named entities: IOB1, IOB2, IOBES and BILOU in, IOB2 out.

The schemes say the same with other letters: where an entity begins and ends. What they cannot say
in common is what to make of a mistake, such as an I- that goes on with an entity which never began:
strictly it is refused; repaired it begins an entity, and is counted. IOB1 is read strictly too
(B- only where an entity follows another of its type), so that a file which mixes it with IOB2 is
found.

Source: Ramshaw and Marcus 1995 (IOB1); Tjong Kim Sang and Veenstra 1999 (IOB2); Ratinov and Roth
2009 (BILOU; IOBES writes E for its L and S for its U).
"""

from collections.abc import Sequence
from typing import NamedTuple

OUTSIDE = "O"

PREFIXES = {"iob1": "BI", "iob2": "BI", "iobes": "BIES", "bilou": "BILU"}
"""The letters of each scheme; IOBES is also called BIOES."""

LAST_AND_SINGLE = {"iobes": ("E", "S"), "bilou": ("L", "U")}
"""Schemes that mark where an entity ends, and their letters for its last word and its only one."""

OPEN = frozenset("BI")
"""Letters after which an entity may go on."""

CONTINUES = frozenset("IEL")
"""Letters that go on with an entity."""


class BadTags(ValueError):
    """Tags that a scheme does not allow."""

    def __init__(self, position: int, message: str) -> None:
        self.position = position
        """Of the word, from 0."""
        super().__init__(message)


class Converted(NamedTuple):
    """The tags of a sentence in IOB2."""

    tags: tuple[str, ...]
    n_repaired: int
    """Tags that broke the scheme and were read as well as they can be."""


class _Tag(NamedTuple):
    prefix: str
    type: str


NOTHING = _Tag(OUTSIDE, "")
"""What stands before a sentence, and outside of entities."""


def to_iob2(tags: Sequence[str], scheme: str, *, repair: bool) -> Converted:
    """Turn the tags of one sentence into IOB2.

    Repairing takes every tag that breaks the scheme for the beginning of an entity, and lets an
    entity that is not ended end where the next one begins; each such place is counted.

    Raises:
        BadTags: if a tag is none of the scheme, or, unless `repair`, goes on with or leaves open an
            entity against its rules.

    >>> to_iob2(["I-LOC", "B-LOC", "O"], "iob1", repair=False).tags
    ('B-LOC', 'B-LOC', 'O')
    >>> to_iob2(["B-LOC", "E-LOC", "S-PER"], "iobes", repair=False).tags
    ('B-LOC', 'I-LOC', 'B-PER')
    """
    found: list[str] = []
    repaired = 0
    before = NOTHING
    for position, tag in enumerate(tags):
        now = _parsed(tag, scheme, position)
        goes_on = now.prefix in CONTINUES and before.prefix in OPEN and before.type == now.type
        broken = _breaks(before, now, goes_on, scheme)
        if broken and not repair:
            raise BadTags(position, broken)
        repaired += bool(broken)
        found.append(_written(now, goes_on=goes_on))
        before = now
    if scheme in LAST_AND_SINGLE and before.prefix in OPEN:
        if not repair:
            raise BadTags(len(tags) - 1, f"{_shown(before)} ends the sentence, {_unended(scheme)}")
        repaired += 1
    return Converted(tuple(found), repaired)


def _parsed(tag: str, scheme: str, position: int) -> _Tag:
    if tag == OUTSIDE:
        return NOTHING
    prefix, _, name = tag.partition("-")
    schemes = [one for one, letters in PREFIXES.items() if name and prefix in {*letters}]
    if scheme in schemes:
        return _Tag(prefix, name)
    if schemes:
        raise BadTags(
            position,
            f"the tag {tag!r} is of scheme {schemes[-1]}, not of {scheme}. If all files are in it, "
            f"set data.scheme: {schemes[-1]}; if schemes are mixed, convert the files to one.",
        )
    known = ", ".join(f"{letter}-TYPE" for letter in PREFIXES[scheme])
    raise BadTags(position, f"{tag!r} is no tag of scheme {scheme}: O, {known}. Mend the row.")


def _breaks(before: _Tag, now: _Tag, goes_on: bool, scheme: str) -> str:
    """What is against the rules of the scheme; empty if nothing is."""
    if scheme == "iob1":
        return _breaks_iob1(before, now)
    if scheme in LAST_AND_SINGLE and before.prefix in OPEN and not goes_on:
        return f"{_shown(before)} stands before it, {_unended(scheme)}"
    if now.prefix in CONTINUES and not goes_on:
        hint = "data.scheme: iob1 if that is the files' scheme, or " if scheme == "iob2" else ""
        return (
            f"{_shown(now)} goes on with an entity that did not begin. Mend it, or set {hint}"
            "data.repair: true, which lets it begin one."
        )
    return ""


def _breaks_iob1(before: _Tag, now: _Tag) -> str:
    if now.prefix != "B" or before.type == now.type:
        return ""
    return (
        f"{_shown(now)} follows no entity of its type, where iob1 writes I-{now.type}. If all files"
        " begin entities so, set data.scheme: iob2; if schemes are mixed, convert the files to one"
        " or set data.repair: true."
    )


def _unended(scheme: str) -> str:
    last, single = LAST_AND_SINGLE[scheme]
    return (
        "but the entity is not ended. Mend it, or set data.scheme: iob2 if the files have no "
        f"{last}- and {single}-, or data.repair: true, which ends it."
    )


def _shown(tag: _Tag) -> str:
    return f"{tag.prefix}-{tag.type}"


def _written(tag: _Tag, *, goes_on: bool) -> str:
    if tag.prefix == OUTSIDE:
        return OUTSIDE
    return f"{'I' if goes_on else 'B'}-{tag.type}"
