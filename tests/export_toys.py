"""Made-up models with everything that an export tells of them."""

from dataclasses import replace

from isogloss.report.export.facts import (
    Dataset,
    Evaluation,
    Learned,
    OverSeeds,
    Scored,
    Subject,
    Weights,
)

SAMPLE = Dataset("sample", "1111111111111111")
FOLDER = Dataset("folder", "2222222222222222")
HUB = Dataset("hub", "3333333333333333", "owner/reviews", "a" * 40)
TIME = "2026-05-04T10:00:00+00:00"


def evaluation(language, value=0.7, *, data=HUB, task="sentiment", metric="macro_f1", **more):
    """An evaluation of one language."""
    scores = {
        metric: Scored(metric, value, 100, 0, value - 0.05, value + 0.05),
        "accuracy": Scored("accuracy", value + 0.01, 100, 0),
        "eval_loss": Scored("eval_loss", 0.4, 100, 0, 0.3, 0.5),
        f"f1/{LABELS[0]}": Scored(f"f1/{LABELS[0]}", value, 100, 0),
    }
    made = {
        "step": f"e{language[:3]}", "split": "test", "time": TIME, "version": "0.1.0",
        "scores": scores, "n_units": 100, "unit": "texts", "seconds": 2.5, **more,
    }  # fmt: skip
    return Evaluation(task=task, language=language, data=data, **made)


LABELS = ("neg|ative", "<b>positive")


def subject(**changes):
    """A model trained on two languages and tested on three."""
    made = {
        "step": "0123456789abcdef", "study": "toy", "encoder": "xlm-r", "task": "sentiment",
        "form": "torch", "regime": "joint", "sources": ("deu-Latn", "nor-Latn"),
        "n_per_language": 50, "seed": 1, "labels": LABELS, "metric": "macro_f1",
        "base": Dataset("hub", "4444", "FacebookAI/xlm-roberta-base", "b" * 40),
        "origin": "FacebookAI/xlm-roberta-base",
        "learned": tuple(
            Learned(code, 50, "rows", HUB, dict(zip(LABELS, (25, 25), strict=True)))
            for code in ("deu-Latn", "nor-Latn")
        ),
        "settings": {"learning_rate": 2e-05, "max_length": 128, "seed": 1},
        "computed": {"precision": "fp32", "updates": 40},
        "made": {"time": TIME, "seconds": 4.0,
                 "versions": {"isogloss": "0.1.0", "transformers": "5.23.0"}},
        "weights": Weights(1000, 4000, 16, 512),
        "tested": tuple(evaluation(code) for code in ("deu-Latn", "nor-Latn", "hin-Deva")),
        "seeds": (1,),
    }  # fmt: skip
    return Subject(**{**made, **changes})


def with_seeds(model):
    """The same model, one of three seeds."""
    mean = OverSeeds(0.68, 0.6, 0.76, 3)
    return replace(
        model, seeds=(1, 2, 3), tested=tuple(replace(one, seeds=mean) for one in model.tested)
    )
