"""Records of a comparison made narrow for reading: names as headings, p-values in few digits."""

from collections.abc import Mapping
from typing import Any

from isogloss.base.languages import language_name
from isogloss.report.comparison.differences import TIE
from isogloss.report.numbers import NOTHING, p_text
from isogloss.report.records import Record, Records

SCOPES = {"all": "all languages", "in_language": "in-language", "zero_shot": "zero-shot"}
"""Groups of languages in words."""


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
    alone = [record for record in mine if record["scope"] == "language"]
    groups = [record for record in mine if record["scope"] != "language"]
    unit = " and ".join(dict.fromkeys(record["gold_unit"] for record in mine))
    return [
        {**_line(record, n_languages=len(alone)), f"gold {unit}": record["gold"]}
        for record in [*alone, *groups]
    ]


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


def _line(record: Mapping[str, Any], *, n_languages: int) -> Record:
    first, second = record["first"], record["second"]
    winner = {"better": second, "worse": first, "tie": TIE}.get(record["verdict"], NOTHING)
    language = record["language"]
    return {
        "test set": language_name(language) if language else _group(record, n_languages),
        **_renamed(record, "first_score", first),
        **_renamed(record, "second_score", second),
        **_renamed(record, "difference", "difference"),
        "p (Holm)": p_text(record["p_holm"]),
        "better": winner,
        "could see": record["smallest"],
        "n_seeds": record["n_seeds"],
    }


def _group(record: Mapping[str, Any], n_languages: int) -> str:
    """A group of languages in words; where some are left out of all, how many it has."""
    if record["scope"] == "all" and record["n_languages"] < n_languages:
        return f"the {record['n_languages']} that all were tested on"
    return SCOPES[record["scope"]]


def _renamed(record: Mapping[str, Any], field: str, name: str) -> Record:
    return {f"{name}{end}": record[f"{field}{end}"] for end in ("", "_low", "_high")}
