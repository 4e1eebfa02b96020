"""What knows nothing of a text scores, by test set: records, and the words for pages and charts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from isogloss.base.languages import language_name
from isogloss.report.chance import majority_baselines, uniform_guesses
from isogloss.report.numbers import plain
from isogloss.report.records import Record, Records, Row

WAYS = {
    "majority": "always the most frequent label of the test set",
    "uniform": "guessing all labels equally often",
}
"""Fields of the records, in words."""

NO_ENTITY = "never an entity"
MOST_NAMED = 12
"""Languages that a line names; of more it tells the ends."""


def baselines(rows: Iterable[Row], metric: str) -> list[Record]:
    """One record per test set: what the constant answer and the uniform guess score.

    Args:
        rows: the long table of results.
        metric: the score that the tables are about.

    Returns:
        `split`, `language`, `label` (the constant answer; empty where it is that there is no
        entity), `majority`, `uniform` (None for entities), and `chance`, the better of the two.
    """
    rows = sorted(rows, key=lambda row: str(row["metric"]))  # of equals, the first by name
    guesses = uniform_guesses(rows, metric)
    return [
        {
            "split": place.split,
            "language": place.target,
            "label": found.label,
            "majority": found.value,
            "uniform": guesses.get(place),
            "chance": max(found.value, guesses.get(place, found.value)),
        }
        for place, found in majority_baselines(rows, metric).items()
    ]


def chance_by_language(records: Records, split: str) -> dict[str, float]:
    """The better of the two for each language of a split, by its code."""
    return {one["language"]: one["chance"] for one in records if one["split"] == split}


def chance_lines(
    records: Records, split: str, languages: Sequence[str], measure: str = ""
) -> list[str]:
    """Say what chance scores on a split, a line each way; none where nothing is known.

    Args:
        records: those of `baselines`.
        split: whose.
        languages: codes of those that are shown.
        measure: the score in words, where it is not said beside.

    >>> one = {"split": "test", "language": "deu-Latn", "label": "", "majority": 0.0}
    >>> chance_lines([{**one, "uniform": None}], "test", ["deu-Latn"], "F1")
    ['Chance, never an entity: F1 0.000']
    """
    mine = [one for one in records if one["split"] == split and one["language"] in languages]
    return [
        f"Chance, {_way(way, mine)}: {f'{measure} '.lstrip()}{', '.join(_told(mine, way))}"
        for way in WAYS
        if any(one[way] is not None for one in mine)
    ]


def _way(way: str, records: Records) -> str:
    return NO_ENTITY if way == "majority" and not any(r["label"] for r in records) else WAYS[way]


def _told(records: Records, way: str) -> Iterator[str]:
    """Each score with its languages; the number alone where all have it."""
    by_text: dict[str, list[str]] = defaultdict(list)
    for record in sorted(records, key=lambda one: one[way]):
        by_text[plain(record[way])].append(language_name(record["language"]))
    if len(by_text) == 1:
        yield from by_text
    elif len(records) > MOST_NAMED:
        (low, first), *_, (high, last) = by_text.items()
        yield f"{low} ({first[0]}) to {high} ({last[-1]})"
    else:
        yield from (f"{text} ({', '.join(names)})" for text, names in by_text.items())
