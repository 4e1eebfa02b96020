"""The kinds of steps there are, and what each does: who asks of a kind, asks here.

A test holds this table and the makers of `execute.work` together.
"""

PREPARE = frozenset({"data", "text", "tokenizer", "pack", "prepare"})
"""Read data, learn to cut it, cut it: no model computes."""

TRAIN = frozenset({"train", "pretrain", "distill"})
"""Train a whole model."""

PRETRAIN = frozenset({"pretrain", "distill"})
"""Train a model that guesses words."""

TEST = frozenset({"evaluate", "evaluate_form", "masked", "probe"})
"""Say how good a model is, with data that it has not learned from."""

SERVE = frozenset({"serve", "measure"})
"""Bring models into other forms, and measure what they cost."""

OTHER = frozenset({"targets", "score"})
"""Keep what teachers say; score stored predictions by the metric of a plug-in."""

ALL = PREPARE | TRAIN | TEST | SERVE | OTHER

WITHOUT_MODEL = PREPARE | {"score"}
"""No model computes in them, so they need no GPU."""
