"""What a balance study declares: its languages in groups, its arms in order, and its claim.

An *arm* is one way to train a student (`hard-all`, `soft-balanced`). One arm is the *candidate*;
the *baselines* are what it must beat, the *controls* are arms that tell why it does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal, NamedTuple, final

from isogloss.base.errors import InputError, UnknownName
from isogloss.base.languages import language_name

ALL = "all"
"""The group of all languages that stand in any group, each once."""

QUESTION = ("task", "metric", "split", "form", "setting")
"""Fields of a record that tell what is asked of an arm."""

GROUP_WORDS = {"low": "low-resource", "high": "high-resource", "pivot": "pivot", ALL: "all"}

CANDIDATE, BASELINES = "soft-balanced", ("hard-balanced", "hard-all")
"""The arms of the claim, as they are usually named."""

CONTROLS = {
    "smoothing": "targets softened without a teacher",
    "compute": "as much compute without teachers",
    "everything": "as much compute as student and teachers took, without teachers",
    "data": "soft labels on all of the text",
    "sampling": "hard labels with smoothed sampling",
    "self": "the student's own best checkpoints as teachers",
}
"""Kinds of controls, and what each of them has."""

USUAL_CONTROLS = {
    "smoothing": "hard-balanced-smoothed",
    "compute": "hard-balanced-compute",
    "everything": "hard-balanced-everything",
    "data": "soft-all",
    "sampling": "hard-alpha",
    "self": "self-teachers",
}
"""The arms that usually are those controls."""

NEEDED = ("smoothing", "compute")
"""The controls that must be there, and beaten, before a gain may be said to be the teachers'."""

DECISIVE = (*NEEDED, "everything")
"""The controls that must be beaten if they are there."""

HEADLINES = {"mlm": "mrr", "pos": "accuracy", "ner": "f1"}
"""The metric that each task is tested and drawn by, unless a study says otherwise."""

CLAIMED = ("low", "high")
"""The groups that the claim is about."""

ScopeKind = Literal["group", "language"]

Role = Literal["baseline", "control", "variant"]
"""What an arm is to the candidate; a variant is any arm that is neither of the others."""


class Scope(NamedTuple):
    """Target languages that are averaged: a group, or one alone."""

    kind: ScopeKind
    name: str
    """Of the group, or the code of the language."""

    targets: tuple[str, ...]


@final
@dataclass(frozen=True)
class Design:
    """The declared part of a balance study, as flat values.

    A pivot may stand in the high-resource group too: in the published tables it does, since 4 low-
    and 3 high-resource languages, German among them, give their means over all seven.

    Raises:
        InputError: if two groups overlap though neither lies within the other, or a group is empty
            or called `all`.
        UnknownName: for a kind of control that is not one of `CONTROLS`.
    """

    groups: Mapping[str, Sequence[str]]
    """Name of a group -> codes of its languages, in the order of the tables."""

    arms: Sequence[str]
    """In the order of the tables."""

    sizes: Mapping[str, int] = field(default_factory=dict)
    """Characters to train on, by language."""

    candidate: str = CANDIDATE
    baselines: Sequence[str] = BASELINES
    """What the candidate must beat; costs are relative to the first."""

    controls: Mapping[str, str] = field(default_factory=dict)
    """Kind of control -> name of the arm."""

    teachers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Arm -> names of the models that taught it, where they are not one a language."""

    headlines: Mapping[str, str] = field(default_factory=lambda: dict(HEADLINES))
    """Task -> the metric that is tested and drawn."""

    def __post_init__(self) -> None:
        for kind in self.controls:
            if kind not in CONTROLS:
                raise UnknownName("kind of control", kind, CONTROLS)
        for name, languages in self.groups.items():
            if name == ALL or not languages:
                what = "is the name of all of them together" if name == ALL else "has no language"
                raise InputError(f"groups: {name!r} {what}. Name it otherwise, or leave it out.")
        for (one, first), (other, second) in combinations(self.groups.items(), 2):
            shared = set(first) & set(second)
            if shared and shared != set(first) and shared != set(second):
                raise InputError(
                    f"groups: {one} and {other} share {', '.join(sorted(shared))}. Put a language "
                    "into one of them; only a group within another, such as a pivot, may share."
                )

    @property
    def languages(self) -> tuple[str, ...]:
        """All languages of the groups, each once."""
        return tuple(dict.fromkeys(code for group in self.groups.values() for code in group))

    @property
    def scopes(self) -> list[Scope]:
        """The groups, all languages, then each language alone."""
        groups = [Scope("group", name, tuple(codes)) for name, codes in self.groups.items()]
        alone = [Scope("language", code, (code,)) for code in self.languages]
        return [*groups, Scope("group", ALL, self.languages), *alone]

    @property
    def opponents(self) -> Iterator[tuple[str, Role]]:
        """What the candidate is compared with, and as what, each once."""
        named: dict[str, Role] = dict.fromkeys(self.baselines, "baseline")
        for arm in self.controls.values():
            named.setdefault(arm, "control")
        for arm in self.arms:
            named.setdefault(arm, "variant")
        named.pop(self.candidate, None)
        yield from named.items()

    def groups_of(self, language: str) -> str:
        """The groups that a language stands in, in words.

        >>> Design({"high": ["deu-Latn"], "pivot": ["deu-Latn"]}, ["a"]).groups_of("deu-Latn")
        'high, pivot'
        """
        return ", ".join(name for name, codes in self.groups.items() if language in codes)

    def words_of(self, group: str) -> str:
        """A group in words, one language by its name.

        >>> design = Design({"low": ["eus-Latn", "tur-Latn"], "pivot": ["deu-Latn"]}, ["a"])
        >>> design.words_of("low"), design.words_of("pivot")
        ('low-resource', 'pivot (German)')
        """
        words = GROUP_WORDS.get(group, group)
        codes = self.groups.get(group, ())
        return f"{words} ({language_name(codes[0])})" if len(codes) == 1 else words


def usual_controls(arms: Sequence[str]) -> dict[str, str]:
    """The controls among some arms, where these have their usual names.

    >>> usual_controls(["hard-all", "soft-all"])
    {'data': 'soft-all'}
    """
    return {kind: arm for kind, arm in USUAL_CONTROLS.items() if arm in arms}


def measure_words(metric: str) -> str:
    """A metric in words.

    >>> measure_words("mrr"), measure_words("macro_f1"), measure_words("bits_per_character")
    ('MRR', 'macro F1', 'bits per character')
    """
    return metric.replace("_", " ").replace("f1", "F1").replace("mrr", "MRR")
