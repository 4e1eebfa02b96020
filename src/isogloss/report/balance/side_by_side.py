"""Averages laid out for reading: languages or groups down, arms across.

The probes are printed as the paper prints them: rows low / high / pivot / all, each arm with an
in-language and a zero-shot column, but in shares, as every other score is. Masked words have a
column an arm, the teachers last.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from isogloss.base.languages import language_name
from isogloss.report.balance.averages import lacking_words
from isogloss.report.balance.design import Design, ScopeKind
from isogloss.report.balance.majority import MAJORITY
from isogloss.report.balance.scores import MASKED, SETTINGS
from isogloss.report.comparison.fields import UNBOUNDED
from isogloss.report.records import Record, Records

BLOCK = ("task", "metric", "split", "form")

ENDS = ("", "_low", "_high")


def paper_table(averages: Records, design: Design) -> list[Record]:
    """The probes by group: one record per block and group.

    Returns:
        `task`, `metric`, `split`, `form`, `group`; for each arm `<arm>_in_language` and
        `<arm>_zero_shot`, each with `_low` and `_high`; `majority_class` (see `with_majority`);
        `n_seeds`, `n_languages`, `n_pairs` of the
        zero-shot average (in-language has one a language), `without` (see `lacking_words`).
    """
    mine = _of_probes(averages, "group")
    return [
        {
            **_block(lines),
            "group": design.words_of(lines[0]["group"]),
            **_majority(lines),
            **_columns(lines, column_of_probe),
            **_counts(lines),
        }
        for lines in _grouped(mine, (*BLOCK, "group"))
    ]


def probe_table(averages: Records) -> list[Record]:
    """The probes by language; as `paper_table`, with `language` and its groups."""
    mine = _of_probes(averages, "language")
    return [
        {
            **_block(lines),
            "language": lines[0]["language"],
            "group": lines[0]["group"],
            **_majority(lines),
            **_columns(lines, column_of_probe),
            **_counts(lines),
        }
        for lines in _grouped(mine, (*BLOCK, "language"))
    ]


def masked_table(averages: Records, design: Design) -> list[Record]:
    """Masked words: each language with its text, smallest first, then the means of the groups.

    Returns:
        `metric`, `split`; `text` (language or group in words), `group`, `characters` to train on;
        a column for each arm and for `teacher`, each with `_low` and `_high`; counts as in
        `paper_table`, and `positions` that each arm is scored on.
    """
    mine = [record for record in averages if record["task"] == MASKED]
    alone = [record for record in mine if record["scope"] == "language"]
    alone.sort(key=lambda record: (record["characters"] is None, record["characters"] or 0))
    groups = [record for record in mine if record["scope"] == "group"]
    return [
        _masked_line(lines, design)
        for metric in dict.fromkeys(record["metric"] for record in mine)
        for lines in (
            *_grouped(_of(metric, alone), (*BLOCK, "language")),
            *_grouped(_of(metric, groups), (*BLOCK, "group")),
        )
    ]


def column_of_probe(record: Mapping[str, Any]) -> str:
    """The name of a probe's column.

    >>> column_of_probe({"arm": "hard-all", "setting": "zero_shot"})
    'hard-all_zero_shot'
    """
    return f"{record['arm']}_{record['setting']}"


def columns_of(arms: Iterable[str]) -> list[str]:
    """The columns of some arms in the table of probes, each arm's side by side."""
    return [f"{arm}_{setting}" for arm in arms for setting in SETTINGS]


def keep(records: Records, arms: Sequence[str], others: Sequence[str]) -> list[Record]:
    """Keep some of a table's arms, all other fields, and no column without a value.

    Args:
        records: of `paper_table`, `probe_table` or `masked_table`.
        arms: to keep.
        others: arms whose columns are dropped.
    """
    dropped = {
        f"{column}{end}"
        for arm in others
        if arm not in arms
        for column in (arm, *columns_of([arm]))
        for end in ENDS
    }
    return [{f: v for f, v in record.items() if f not in dropped} for record in records]


def _of_probes(averages: Records, scope: ScopeKind) -> Records:
    return [
        record
        for record in averages
        if record["task"] != MASKED
        and record["scope"] == scope
        and record["metric"] not in UNBOUNDED
    ]


def _masked_line(lines: Records, design: Design) -> Record:
    first = lines[0]
    alone = first["scope"] == "language"
    name = language_name(first["language"]) if alone else f"mean: {design.words_of(first['group'])}"
    scored = [line["n_scored"] for line in lines if line["n_seeds"]]
    return {
        "metric": first["metric"],
        "split": first["split"],
        "text": name,
        "group": first["group"],
        "characters": first["characters"],
        **_columns(lines, lambda record: str(record["arm"])),
        **{field: v for field, v in _counts(lines).items() if field != "n_pairs"},
        "positions": min(scored, default=0),
    }


def _block(lines: Records) -> Record:
    return {field: lines[0][field] for field in BLOCK}


def _columns(lines: Records, name: Callable[[Mapping[str, Any]], str]) -> dict[str, float | None]:
    """The value and bounds of each line as columns, arm by arm."""
    order = list(dict.fromkeys(line["arm"] for line in lines))
    ordered = sorted(lines, key=lambda line: order.index(line["arm"]))
    return {f"{name(line)}{end}": line[f"value{end}"] for line in ordered for end in ENDS}


def _majority(lines: Records) -> dict[str, float | None]:
    """What the most frequent tag scores; of each setting, where they are over other languages."""
    values = {line["setting"]: line.get(MAJORITY) for line in lines}
    if len(set(values.values())) == 1:
        return {MAJORITY: next(iter(values.values()))}
    return {f"{MAJORITY}_{setting}": value for setting, value in values.items()}


def _counts(lines: Records) -> Record:
    """The counts behind a line of the table; `n_seeds` is a range where arms differ."""
    most = max(lines, key=lambda line: line["n_pairs_expected"])
    seeds = sorted({line["n_seeds"] for line in lines if line["n_seeds"]}) or [0]
    return {
        "n_seeds": seeds[0] if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}",
        "n_languages": min(line["n_languages"] for line in lines),
        "n_pairs": most["n_pairs"],
        "without": lacking_words(most) or None,
    }


def _grouped(records: Records, fields: Sequence[str]) -> list[list[Mapping[str, Any]]]:
    """Records that agree on some fields, in order of appearance."""
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for record in records:
        found.setdefault(tuple(record[field] for field in fields), []).append(record)
    return list(found.values())


def _of(metric: str, records: Records) -> Records:
    return [record for record in records if record["metric"] == metric]
