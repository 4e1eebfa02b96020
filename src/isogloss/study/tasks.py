"""The tasks a study may name, and what each takes where the study is silent."""

from typing import Literal, get_args

TextTask = Literal["sentiment", "text_classification"]
"""One label per text."""

TaggingTask = Literal["ner", "pos"]
"""One tag per word: entities, scored as spans; parts of speech, scored per word."""

Task = Literal[TextTask, TaggingTask]
"""Any of them; one list of names, so that a mistyped one is one mistake."""

TAGGING: tuple[str, ...] = get_args(TaggingTask)

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
