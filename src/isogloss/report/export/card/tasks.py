"""What a card says of a task: its names, here and on the Hub, and the scores that it shows."""

from isogloss.report.export.facts import Evaluation, Scored, Subject

PIPELINES = {"ner": "token-classification", "pos": "token-classification", "mlm": "fill-mask"}
"""The Hub's names; texts have `text-classification`."""

WORDS = {
    "ner": "named-entity recognition",
    "pos": "part-of-speech tagging",
    "mlm": "masked-language modeling",
    "sentiment": "sentiment classification",
    "text_classification": "text classification",
}

TAGS = {"ner": "named-entity-recognition", "pos": "part-of-speech", "mlm": "masked-lm"}

SHOWN = {
    "ner": ("f1", "precision", "recall", "accuracy"),
    "pos": ("accuracy", "macro_f1"),
    "mlm": ("mrr", "top1_accuracy", "bits_per_character"),
}
OF_TEXTS = ("macro_f1", "accuracy", "macro_precision", "macro_recall")


def pipeline(subject: Subject) -> str:
    """The Hub's name of a model's task."""
    return PIPELINES.get(subject.task, "text-classification")


def task_words(subject: Subject) -> str:
    """A model's task in words."""
    return WORDS.get(subject.task, subject.task)


def metrics_shown(subject: Subject) -> list[str]:
    """The metrics of tables and metadata, the study's first."""
    return list(dict.fromkeys([subject.metric, *SHOWN.get(subject.task, OF_TEXTS)]))


def scores_shown(subject: Subject, one: Evaluation) -> list[Scored]:
    """What of an evaluation tables and metadata show."""
    return [one.scores[name] for name in metrics_shown(subject) if name in one.scores]
