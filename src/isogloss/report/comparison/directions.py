"""Which way a metric is better, and in what unit it is written.

The direction is read from the words of a metric's name, so figures of other tools find theirs too.
What has no direction (an epoch, a count, a name we do not know) has no best value, and the table
says so: guessing here would name a winner that nobody asked for.
"""

from typing import Literal

Direction = Literal["higher", "lower"]

HIGHER = {"accuracy", "auc", "f1", "mrr", "precision", "recall", "throughput"}
LOWER = {
    "bits", "cost", "energy", "flops", "gb", "latency", "loss", "mb", "memory", "ms", "parameters",
    "perplexity", "runtime", "size", "start",
}  # fmt: skip
NEITHER = {
    "batch", "confusion", "count", "epoch", "n", "seed", "share", "step", "steps", "support",
    "tokens", "total", "vocab", "vocabulary",
}  # fmt: skip
"""Words that take the direction from a name, whatever else it says: `batch_size`, `peak_share`.

`tokens` is one of them since tokens of two tokenizers are not the same thing: who cuts a sentence
into more of them makes more of them a second, and is no faster for it.
"""

SECONDS = {"eval_runtime", "predict_runtime", "test_runtime", "train_runtime"}
"""Metrics whose name holds no unit though they have one."""


def direction(metric: str) -> Direction | None:
    """Say which way a metric is better; None where neither way is.

    >>> direction("eval_f1"), direction("eval_runtime (s)"), direction("epoch")
    ('higher', 'lower', None)
    >>> direction("eval_steps_per_second"), direction("single_stream_p99_ms"), direction("f1/PER")
    ('higher', 'lower', 'higher')
    """
    name = _bare(metric).partition("/")[0]
    words = set(name.replace("-", "_").split("_"))
    if name.endswith("_per_second") and "tokens" not in words:
        return "higher"
    if words & NEITHER:
        return None
    if words & LOWER:
        return "lower"
    return "higher" if words & HIGHER else None


def labeled(metric: str) -> str:
    """Name a metric with its unit, said once.

    >>> labeled("eval_runtime"), labeled("eval_runtime (s)"), labeled("peak_rss_mb")
    ('eval_runtime (s)', 'eval_runtime (s)', 'peak_rss_mb')
    """
    return f"{metric} (s)" if metric in SECONDS else metric


def _bare(metric: str) -> str:
    """The name without a unit in brackets, in lower case."""
    return metric.partition(" (")[0].strip().lower()
