"""What the metrics of our records are called elsewhere, and what they can be."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

AVERAGES = ("macro", "weighted", "lenient")
"""What stands before the name of a metric of all labels."""

NAMES = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "mrr": "mean reciprocal rank",
    "top1_accuracy": "accuracy of the first guess",
    "top5_accuracy": "accuracy of the first five guesses",
    "class_macro_f1": "mean F1 over the classes that occur",
    "eval_loss": "cross-entropy",
    "bits_per_character": "bits per character",
}
"""Metrics and their names in words; others are counts or speeds and no scores."""

LOSSES = {"eval_loss": "nats", "bits_per_character": "bits"}
"""Metrics of which less is better and that have no top, with their units."""


@final
@dataclass(frozen=True)
class Metric:
    """One metric for readers who do not know ours."""

    name: str
    """In words."""

    family: str
    """What it is called where averages and labels are parameters: `f1`, `accuracy`."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    """`average` or `label`."""

    unit: str = "proportion"
    lower_is_better: bool = False
    top: float = 1.0

    @property
    def identifier(self) -> str:
        """A name that joins figures of several sources.

        >>> metric_of("macro_f1").identifier, metric_of("f1/PER").identifier
        ('f1_macro', 'f1')
        """
        average = self.parameters.get("average")
        return f"{self.family}_{average}" if average else self.family


def metric_of(name: str) -> Metric | None:
    """Describe a metric; None for counts, confusions and speeds, which are no scores.

    >>> metric_of("macro_f1").name, metric_of("f1/PER").name, metric_of("eval_loss").unit
    ('macro F1', 'F1 of PER', 'nats')
    >>> metric_of("support/PER"), metric_of("eval_runtime")
    (None, None)
    """
    bare, _, label = name.partition("/")
    if bare in LOSSES and not label:
        return Metric(NAMES[bare], _family(bare), {}, LOSSES[bare], True, math.inf)
    average, _, rest = bare.partition("_")
    if bare in NAMES:
        of = {"label": label} if label else {}
        return Metric(f"{NAMES[bare]} of {label}" if label else NAMES[bare], bare, of)
    if average in AVERAGES and rest in NAMES and not label:
        return Metric(f"{average} {NAMES[rest]}", rest, {"average": average})
    return None


def _family(name: str) -> str:
    return {"eval_loss": "cross_entropy"}.get(name, name)
