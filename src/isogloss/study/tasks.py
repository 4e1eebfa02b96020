"""The tasks a study may name, and what each takes where the study is silent."""

from collections.abc import Sequence
from typing import Literal, get_args

TextTask = Literal["sentiment", "text_classification"]
"""One label per text."""

TaggingTask = Literal["ner", "pos"]
"""One tag per word: entities, scored as spans; parts of speech, scored per word."""

Task = Literal[TextTask, TaggingTask]
"""Any of them; one list of names, so that a mistyped one is one mistake."""

TAGGING: tuple[str, ...] = get_args(TaggingTask)

SPAN_TASKS = {"ner"}
"""Tasks that are scored on spans of words."""

UPOS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip
"""The parts of speech of Universal Dependencies, https://universaldependencies.org/u/pos/."""

LABELS: dict[str, tuple[str, ...]] = {"ner": ("PER", "LOC", "ORG"), "pos": UPOS}
"""Labels of a task whose study names none."""

SENTENCES = "sentences"
"""The one class that sentences with tags are counted as and drawn from: their words have labels."""

TAG_COLUMNS = {"ner": "ner_tags", "pos": "upos"}
"""Column of the tags where the study names none."""

METRICS = {"ner": "f1", "pos": "accuracy"}
"""The metric of figures and short tables where the study names none; macro F1 for texts."""


def tags_of(task: str, labels: Sequence[str]) -> tuple[str, ...]:
    """What a task says of a word or text, in the order of ids: tags of entity types, or the labels.

    >>> tags_of("pos", ["NOUN", "VERB"])
    ('NOUN', 'VERB')
    """
    return span_tags(labels) if task in SPAN_TASKS else tuple(labels)


def span_tags(types: Sequence[str]) -> tuple[str, ...]:
    """All IOB2 tags of some entity types.

    >>> span_tags(["PER", "LOC"])
    ('O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC')
    """
    return ("O", *(f"{prefix}-{name}" for name in types for prefix in "BI"))
