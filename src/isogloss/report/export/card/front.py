"""The metadata of a card: what the Hub reads, filters and ranks by."""

from collections.abc import Iterable, Iterator

from huggingface_hub import EvalResult, ModelCardData

from isogloss.base.languages import language_name, language_tag
from isogloss.report.export.card.forms import form_tags, is_onnx
from isogloss.report.export.card.tasks import TAGS, pipeline, scores_shown, task_words
from isogloss.report.export.facts import Dataset, Subject
from isogloss.report.export.metrics import metric_of


def metadata(subject: Subject, name: str, license_id: str | None) -> ModelCardData:
    """What the Hub reads of a card.

    Args:
        subject: the model.
        name: of the model.
        license_id: of the weights, as the Hub spells it; left out if nobody says.
    """
    found = sorted({one.repo for one in subject.datasets() if one.repo is not None})
    results = list(eval_results(subject))
    metrics = dict.fromkeys(result.metric_type for result in results)
    return ModelCardData(
        language=_tags(subject.sources),
        license=license_id,
        library_name="onnx" if is_onnx(subject) else "transformers",
        pipeline_tag=pipeline(subject),
        base_model=subject.base.repo if subject.base else None,
        datasets=found or None,
        tags=list(_hub_tags(subject)),
        metrics=list(metrics) or None,
        model_name=name,
        eval_results=results or None,
    )


def eval_results(subject: Subject) -> Iterator[EvalResult]:
    """The scores of a model's own task as the Hub's `model-index` has them, values in full."""
    for one in subject.of_task:
        name = f"{_dataset_name(subject, one.data)}: {language_name(one.language)}"
        for scored in scores_shown(subject, one):
            metric = metric_of(scored.metric)
            if metric is not None:
                yield EvalResult(
                    task_type=pipeline(subject),
                    task_name=task_words(subject),
                    dataset_type=_dataset_type(one.data),
                    dataset_name=name,
                    dataset_config=one.language,
                    dataset_split=one.split,
                    dataset_revision=one.data.commit,
                    metric_type=metric.family,
                    metric_name=metric.name,
                    metric_args=dict(metric.parameters) or None,
                    metric_value=scored.value,
                )


def _tags(codes: Iterable[str]) -> list[str]:
    """ISO 639 codes as the Hub takes them, two letters where there are two, each once."""
    return list(dict.fromkeys(language_tag(code).partition("-")[0] for code in codes))


def _hub_tags(subject: Subject) -> Iterator[str]:
    yield "isogloss"
    yield TAGS.get(subject.task, subject.task.replace("_", "-"))
    if len(subject.sources) > 1:
        yield "multilingual"
    if any(one.teacher for one in subject.learned):
        yield "distillation"
    yield from form_tags(subject)


def _dataset_type(data: Dataset) -> str:
    """The data set's id on the Hub; elsewhere a word that is none."""
    return data.repo or {"sample": "isogloss-sample"}.get(data.kind, "local")


def _dataset_name(subject: Subject, data: Dataset) -> str:
    return data.repo or ("Isogloss sample" if data.kind == "sample" else f"data of {subject.study}")
