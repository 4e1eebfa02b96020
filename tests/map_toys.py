"""Evidence with scores of made-up encoders, for the map of a page."""

from isogloss.report.frame import Frame
from isogloss.report.html.evidence import Evidence, Provenance, Scores
from isogloss.report.understand import understand

FRAME = Frame("toy", "accuracy")
SCORES = {
    "eng-Latn": 0.9, "deu-Latn": 0.84, "fra-Latn": 0.8, "spa-Latn": 0.78, "pol-Latn": 0.61,
    "ell-Grek": 0.52, "srp-Cyrl": 0.5, "srp-Latn": 0.7, "epo-Latn": 0.4,
}  # fmt: skip


def rows(scores=None, *, encoder="tiny", seeds=(0, 1), **more):
    """Rows of accuracies, a bit more with every seed."""
    return [
        {
            "study": "toy", "encoder": encoder, "task": "sentiment", "regime": "joint",
            "source_languages": list(scores or SCORES), "n_per_language": 100, "n_train": 900,
            "seed": seed, "target_language": code, "split": "test", "metric": "accuracy",
            "value": value + 0.01 * seed, "n_scored": 1500, "n_unscored": 3, "form": None,
            "step": "0123456789abcdef", **more,
        }
        for code, value in (scores or SCORES).items()
        for seed in seeds
    ]  # fmt: skip


def evidence(made=None, *, frame=FRAME, **more):
    """What a page is written from, with these rows."""
    made = rows() if made is None else made
    scores = Scores(made, understand(made, metric="accuracy"))
    return Evidence(frame, Provenance(["isogloss run toy.yaml"], "name: toy"), scores, **more)
