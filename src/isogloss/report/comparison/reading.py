"""Records of a comparison made narrow for reading: names as headings, p-values in few digits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from isogloss.base.languages import language_name
from isogloss.report.comparison.differences import TIE
from isogloss.report.numbers import NOTHING
from isogloss.report.records import Record, Records

SCOPES = {"all": "all languages", "in_language": "in-language", "zero_shot": "zero-shot"}
"""Groups of languages in words."""


def p_text(p: float | None) -> str:
    """Write a p-value.

    >>> p_text(0.0004), p_text(0.0312), p_text(None)
    ('<0.001', '0.031', '–')
    """
    if p is None:
        return NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def pairs_of(records: Records) -> list[tuple[str, str]]:
    """The pairs of encoders, in order."""
    return list(dict.fromkeys((record["first"], record["second"]) for record in records))


def pair_table(records: Records, pair: tuple[str, str], metric: str) -> list[Record]:
    """One metric of one pair by language, then by group of languages."""
    mine = [
        record
        for record in records
        if record["metric"] == metric and (record["first"], record["second"]) == pair
    ]
    groups = [record for record in mine if record["scope"] != "language"]
    return [_line(record) for record in [*_only(mine, "language"), *groups]]


def form_table(records: Records) -> list[Record]:
    """Forms for reading: quality, its difference to training, and the costs that were measured."""
    dropped = {"p", "p_holm"}
    return [{field: v for field, v in record.items() if field not in dropped} for record in records]


def notes(records: Records) -> list[str]:
    """What must be said about seeds that only one side has, and pairs that share none."""
    said: dict[str, None] = {}
    for record in records:
        pair = f"{record['first']} and {record['second']}"
        if not record["n_seeds"]:
            said[f"{pair} share no seed, so their difference is not tested."] = None
        elif record["unpaired_seeds"]:
            text = f"Seeds that only one side has are left out ({record['unpaired_seeds']})."
            said[f"{pair}: {text}"] = None
    return list(said)


def _only(records: Iterable[Mapping[str, Any]], scope: str) -> Sequence[Mapping[str, Any]]:
    return [record for record in records if record["scope"] == scope]


def _line(record: Mapping[str, Any]) -> Record:
    first, second = record["first"], record["second"]
    winner = {"better": second, "worse": first, "tie": TIE}.get(record["verdict"], NOTHING)
    language = record["language"]
    return {
        "test set": language_name(language) if language else SCOPES[record["scope"]],
        **_renamed(record, "first_score", first),
        **_renamed(record, "second_score", second),
        **_renamed(record, "difference", "difference"),
        "p (Holm)": p_text(record["p_holm"]),
        "better": winner,
        "could see": record["smallest"],
        "n_seeds": record["n_seeds"],
        "gold": record["n_gold"],
    }


def _renamed(record: Mapping[str, Any], field: str, name: str) -> Record:
    return {f"{name}{end}": record[f"{field}{end}"] for end in ("", "_low", "_high")}
