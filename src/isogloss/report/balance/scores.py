"""Rows of a balance study gathered: what each arm scored on each pair of languages, by seed.

Masked words are scored on the text of one language: a pair of it with itself. A probe is trained on
a source language and tested on a target language.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from isogloss.base.errors import InputError
from isogloss.report.records import Row

MASKED = "mlm"
"""The task of predicting masked words."""

REGIMES = {"pretrain", "probe"}
"""Regimes of the rows that a pre-training has in the results."""

TEACHER = "teacher"
"""What the teachers are called together: each on its own language."""

TEACHERS = "teacher/"
"""What the names of the teachers begin with; the code of a language follows."""

METRICS = {
    MASKED: ("mrr", "top1_accuracy", "top5_accuracy", "eval_loss", "bits_per_character"),
    "pos": ("accuracy", "class_macro_f1"),
    "ner": ("f1", "class_macro_f1"),
}
"""What of each task is told; the long table has the rest. Probes are compared in the literature by
the mean F1 over the classes of words, which stands beside what is usual for the task."""

Setting = Literal["in_language", "zero_shot"]
SETTINGS: tuple[Setting, ...] = ("in_language", "zero_shot")


class Block(NamedTuple):
    """Scores that belong together: of one task, metric, split and layer of the encoder."""

    task: str
    metric: str
    split: str
    form: str | None


class Pair(NamedTuple):
    """What a probe was trained and tested on."""

    source: str
    target: str

    @property
    def setting(self) -> Setting:
        """In-language, or zero-shot.

        >>> Pair("deu-Latn", "deu-Latn").setting, Pair("deu-Latn", "eus-Latn").setting
        ('in_language', 'zero_shot')
        """
        return "in_language" if self.source == self.target else "zero_shot"


class Seen(NamedTuple):
    """One score with the counts behind it."""

    value: float
    n_scored: int
    n_unscored: int


BySeed = dict[int, Seen]
ByPair = dict[Pair, BySeed]
Scores = dict[Block, dict[str, ByPair]]
"""By block, then by arm (or `teacher`), pair and seed."""


def read_scores(rows: Iterable[Row]) -> Scores:
    """Gather the scores of arms and teachers, in the order of their first appearance.

    Left out are rows of other regimes, metrics beside `METRICS`, and teachers on other languages
    than their own.

    Raises:
        InputError: if two rows give one seed two different values.
    """
    found: Scores = {}
    for row in rows:
        if not _is_score(row):
            continue
        pair, arm = pair_of(row), _arm_of(row)
        if arm is None:
            continue
        block = Block(row["task"], row["metric"], row["split"], row.get("form"))
        seen = Seen(float(row["value"]), int(row["n_scored"]), int(row["n_unscored"]))
        by_seed = found.setdefault(block, {}).setdefault(arm, {}).setdefault(pair, {})
        before = by_seed.setdefault(row["seed"], seen)
        if before.value != seen.value:
            raise InputError(
                f"two rows give different values for {block.metric} of {row['encoder']}, "
                f"{pair.source} to {pair.target}, seed {row['seed']}: {before.value} and "
                f"{seen.value}. Report one study's finished run at a time."
            )
    return found


def pair_of(row: Row) -> Pair:
    """The languages that a row is about."""
    target = row["target_language"]
    if row["task"] == MASKED:
        return Pair(target, target)
    (source,) = row["source_languages"]
    return Pair(source, target)


def settings_of(task: str) -> tuple[Setting, ...]:
    """The settings of a task; masked words are predicted in languages trained on."""
    return SETTINGS[:1] if task == MASKED else SETTINGS


def _is_score(row: Row) -> bool:
    tested = row["regime"] in REGIMES and row["target_language"] is not None
    return tested and row["metric"] in METRICS.get(row["task"], ())


def _arm_of(row: Row) -> str | None:
    """The arm, or the teachers; None for a teacher elsewhere than in its own language."""
    encoder = str(row["encoder"])
    if not encoder.startswith(TEACHERS):
        return encoder
    own = encoder.removeprefix(TEACHERS)
    return TEACHER if own == pair_of(row).source else None
