"""Where fine-tuned encoders are no better than chance, in words beside whatever is said of them.

Chance is the better of two that know nothing of a text (see `isogloss.report.baseline_tables`). A
tie there is one of models that may not have learned the task, and so is a winner.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from isogloss.base.languages import language_name
from isogloss.report.baseline_tables import MOST_NAMED, chance_by_language
from isogloss.report.cells import by_size
from isogloss.report.numbers import plain, plain_range
from isogloss.report.records import Records

Scores = Mapping[str, Sequence[float]]
"""By language that was tested on: the score of each encoder, or of the only one."""


def chance_notes(
    scores: Scores, known: Records, split: str, trained_on: Collection[str]
) -> list[str]:
    """Say in which languages no encoder is better than chance, a line each way of getting there.

    Args:
        scores: of all that are compared, trained alike.
        known: the records of `baselines`, of the metric of the scores.
        split: that they were tested on.
        trained_on: codes of the languages that they were trained on; the others are zero-shot.

    >>> one = {"split": "test", "language": "deu-Latn", "chance": 0.5}
    >>> chance_notes({"deu-Latn": [0.41, 0.5]}, [one], "test", ["deu-Latn"])[0][:62]
    'No better than chance, trained on: German (0.410 to 0.500, cha'
    """
    seen = {code: values for code, values in scores.items() if code in trained_on}
    unseen = {code: values for code, values in scores.items() if code not in trained_on}
    chance = chance_by_language(known, split)
    found = (("trained on", seen), ("zero-shot", unseen))
    return [line for words, one in found for line in _lines(words, one, chance)]


def zero_shot_notes(regimes: Records, known: Records) -> list[str]:
    """Say which languages no other single language gives more than chance, at the most rows.

    Args:
        regimes: records of `regimes`, whose `zero_shot_best` is of the best source.
        known: the records of `baselines`, of the same metric.
    """
    sizes = [by_size(record["n_per_language"]) for record in regimes]
    scores: dict[str, dict[str, list[float]]] = {}
    for record, size in zip(regimes, sizes, strict=True):
        if size == max(sizes) and record["zero_shot_best"] is not None:
            of_split = scores.setdefault(record["split"], {})
            of_split.setdefault(record["language"], []).append(record["zero_shot_best"])
    words = "zero-shot from the best of single languages"
    return [
        line
        for split, of_split in scores.items()
        for line in _lines(words, of_split, chance_by_language(known, split))
    ]


def _lines(words: str, scores: Scores, chance: Mapping[str, float]) -> Iterator[str]:
    """One line on the languages in which the best of all is no better than chance, if any."""
    codes = [
        code for code, values in scores.items()
        if code in chance and values and max(values) <= chance[code]
    ]  # fmt: skip
    if codes:
        these = "this language" if len(codes) == 1 else "these languages"
        yield (
            f"No better than chance, {words}: {', '.join(_told(codes, scores, chance))}."
            f" What is said of {these} is said of scores that can be had without reading the text."
        )


def _told(codes: Sequence[str], scores: Scores, chance: Mapping[str, float]) -> Iterator[str]:
    for code in codes[:MOST_NAMED]:
        span = plain_range(scores[code])
        yield f"{language_name(code)} ({span}, chance {plain(chance[code])})"
    if len(codes) > MOST_NAMED:
        yield f"and {len(codes) - MOST_NAMED} more"
