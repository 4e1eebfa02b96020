"""Results as mteb keeps them: a folder a model and revision, a file a task in it.

    DIR/results/<organization>__<model>/<revision>/model_meta.json
    DIR/results/<organization>__<model>/<revision>/<task>.json

The format is that of mteb 2 (`TaskResult`, `ModelMeta`); `mteb.ResultCache(DIR).load_results()`
reads it. A model of ours has a name of its own, never that of the checkpoint it began with: mteb's
figures of a checkpoint are of frozen embeddings, ours of fine-tuned weights. The revision is the
key of the step that holds the weights. What mteb did not do is not said to be its: `mteb_version`
is null.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from isogloss.base.fingerprint import fingerprint
from isogloss.report.balance.design import HEADLINES
from isogloss.report.export.facts import Evaluation, Subject
from isogloss.report.files import Artifact, json_file

MB = 2**20

FRAMEWORKS = ["PyTorch", "Transformers", "safetensors"]


def mteb_files(subject: Subject, name: str, organization: str) -> Iterator[Artifact]:
    """Give the files of one model.

    Args:
        subject: the model, with its evaluations.
        name: of the model.
        organization: who trained it.
    """
    folder = f"results/{organization}__{name}/{subject.step}"
    meta = model_meta(subject, f"{organization}/{name}")
    yield json_file(f"{folder}/model_meta.json", meta)
    for task, tests in tasks_of(subject).items():
        found = task_result(subject, task, tests)
        yield json_file(f"{folder}/{task}.json", found)


def tasks_of(subject: Subject) -> dict[str, list[Evaluation]]:
    """The evaluations of a model by the name of their task: the study's data make it another."""
    found: dict[str, list[Evaluation]] = {}
    for one in subject.tested:
        ending = "-probe" if one.source else ""
        found.setdefault(f"{subject.study}-{one.task}{ending}", []).append(one)
    return found


def task_result(subject: Subject, name: str, tests: Sequence[Evaluation]) -> dict[str, Any]:
    """One `TaskResult`: all languages of one task, values in full."""
    by_split: dict[str, list[dict[str, Any]]] = {}
    for one in tests:
        by_split.setdefault(one.split, []).append(_subset(subject, one))
    seconds = [one.seconds for one in tests if one.seconds is not None]
    return {
        "dataset_revision": _revision(tests),
        "task_name": name,
        "mteb_version": None,
        "scores": by_split,
        "evaluation_time": sum(seconds) if seconds else None,
        "kg_co2_emissions": None,
        "date": max(datetime.fromisoformat(one.time).timestamp() for one in tests),
        "evaluation_phases": None,
    }


def model_meta(subject: Subject, name: str) -> dict[str, Any]:
    """One `ModelMeta`; what we do not know is null."""
    weights = subject.weights
    return {
        "loader": None,
        "loader_kwargs": {},
        "name": name,
        "revision": subject.step,
        "release_date": None,
        "languages": list(subject.sources),
        "n_parameters": weights.n_parameters,
        "n_active_parameters_override": None,
        "n_embedding_parameters": None,
        "memory_usage_mb": weights.n_bytes / MB,
        "max_tokens": weights.max_tokens,
        "embed_dim": weights.width,
        "license": None,
        "open_weights": None,
        "public_training_code": None,
        "public_training_data": _training_data(subject),
        "framework": ["ONNX"] if subject.form.startswith("onnx") else FRAMEWORKS,
        "reference": None,
        "similarity_fn_name": None,
        "use_instructions": False,
        "training_datasets": None,
        "adapted_from": subject.base.repo if subject.base else None,
        "superseded_by": None,
        "modalities": ["text"],
        "model_type": ["dense"],
        "citation": None,
        "contacts": None,
        "experiment_kwargs": None,
        "output_dtypes": None,
        "extra_requirements_groups": None,
    }


def _subset(subject: Subject, one: Evaluation) -> dict[str, Any]:
    """The scores of one language; counts stand beside them, as nothing else there says so much."""
    scores = {name: scored.value for name, scored in one.scores.items()}
    main = _main(subject, one)
    first = one.scores.get(main)
    return {
        **scores,
        "main_score": scores.get(main),
        "main_score_name": main,
        "hf_subset": _subset_name(one),
        "languages": [one.language],
        "n_scored": first.n_scored if first else None,
        "n_unscored": first.n_unscored if first else None,
    }


def _main(subject: Subject, one: Evaluation) -> str:
    return subject.metric if one.task == subject.task else HEADLINES[one.task]


def _subset_name(one: Evaluation) -> str:
    """A language; of a probe also what it learned from, and the layer that it read."""
    if one.source is None:
        return one.language
    return f"{one.source}-to-{one.language} {one.layer}".replace(" ", "-")


def _revision(tests: Sequence[Evaluation]) -> str:
    """The commit of the data on the Hub; of other data a digest of what was pinned."""
    commits = {one.data.commit for one in tests}
    if len(commits) == 1 and (commit := commits.pop()) is not None:
        return commit
    return "pinned-" + fingerprint("data", 1, sorted({one.data.digest for one in tests}))


def _training_data(subject: Subject) -> str | None:
    repos = {one.data.repo for one in subject.learned}
    repo = repos.pop() if len(repos) == 1 else None
    return f"https://huggingface.co/datasets/{repo}" if repo else None
