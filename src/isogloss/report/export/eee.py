"""Results as Every Eval Ever keeps them: one JSON file a model, in the folders of its datastore.

    DIR/data/<collection>/<organization>/<model>/<uuid>.json

The format is version 0.3.0 of its `eval.schema.json`. A file's name is drawn from the key of the
model's step, so that an export done again replaces the file and adds none. Seeds, sizes, regimes
and forms are models of their own: the schema has a place for one model a file, none for a mean.
"""

import hashlib
import json
import math
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from isogloss.report.export.facts import Dataset, Evaluation, Scored, Subject
from isogloss.report.export.metrics import Metric, metric_of
from isogloss.report.files import Artifact, json_file

SCHEMA_VERSION = "0.3.0"

CONFIDENCE = 0.95

ENGINES = {"onnx": "onnxruntime", "onnx-int8": "onnxruntime"}
"""What answers in a form; in the others it is transformers."""

HUB_SPLITS = {"validation": "val", "train": "train", "test": "test"}


def eee_files(subject: Subject, name: str, organization: str, created: float) -> Iterator[Artifact]:
    """Give the file of one model; none for one that was not tested.

    Args:
        subject: the model, with its evaluations.
        name: of the model.
        organization: who trained and tested it.
        created: when the record is made, in seconds of Unix time.
    """
    if subject.tested:
        record = eee_record(subject, name, organization, created)
        folder = f"data/{_collection(subject)}/{organization}/{name}"
        yield json_file(f"{folder}/{_uuid(subject)}.json", record)


def eee_record(subject: Subject, name: str, organization: str, created: float) -> dict[str, Any]:
    """One `EvaluationLog`: a model and everything that it was tested on."""
    model = f"{organization}/{name}"
    last = max(one.time for one in subject.tested)
    collection = _collection(subject)
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": f"{collection}/{model}/{_seconds(last)}",
        "evaluation_timestamp": _seconds(last),
        "retrieved_timestamp": f"{created:.3f}",
        "source_metadata": {
            "source_name": f"Isogloss study {subject.study}",
            "source_type": "evaluation_run",
            "source_organization_name": organization,
            "evaluator_relationship": "first_party",
        },
        "eval_library": {
            "name": "isogloss",
            "version": max(subject.tested, key=lambda one: one.time).version,
        },
        "model_info": _model_info(subject, model, organization),
        "evaluation_results": [
            _result(subject, one, scored, metric)
            for one in subject.tested
            for scored in one.scores.values()
            if (metric := metric_of(scored.metric)) is not None
        ],
    }


def _model_info(subject: Subject, model: str, organization: str) -> dict[str, Any]:
    versions = subject.made.get("versions", {})
    engine = ENGINES.get(subject.form)
    version = {} if engine else {"version": versions.get("transformers", "unknown")}
    return {
        "name": model.partition("/")[2],
        "id": model,
        "developer": organization,
        "inference_engine": {"name": engine or "transformers", **version},
        "additional_details": {
            "deployment_type": "self_deployed",
            "model_availability": "unknown",
            **_strings(_details(subject)),
        },
    }


def _details(subject: Subject) -> dict[str, Any]:
    """Everything that makes this model another than its siblings."""
    return {
        "encoder": subject.encoder,
        "origin": subject.origin,
        "base_model": subject.base.repo if subject.base else None,
        "base_model_revision": subject.base.commit if subject.base else None,
        "task": subject.task,
        "form": subject.form,
        "regime": subject.regime,
        "source_languages": list(subject.sources),
        "n_per_language": subject.n_per_language,
        "n_train": {one.language: one.rows for one in subject.learned},
        "seed": subject.seed,
        "seeds_trained": list(subject.seeds),
        "step": subject.step,
        "n_parameters": subject.weights.n_parameters,
        "training": dict(subject.settings),
    }


def _result(subject: Subject, one: Evaluation, scored: Scored, metric: Metric) -> dict[str, Any]:
    probed = [f"from-{one.source}", str(one.layer)] if one.source else []
    place = ".".join([subject.study, one.task, *probed, one.language, one.split])
    return {
        "evaluation_result_id": f"{one.step}/{place}/{scored.metric}".replace(" ", "-"),
        "evaluation_name": place.replace(" ", "-"),
        "source_data": _source_data(subject, one),
        "evaluation_timestamp": _seconds(one.time),
        "metric_config": _metric_config(metric),
        "score_details": {
            "score": scored.value,
            "details": _strings({"n_scored": scored.n_scored, "n_unscored": scored.n_unscored}),
            **_uncertainty(one, scored),
        },
    }


def _source_data(subject: Subject, one: Evaluation) -> dict[str, Any]:
    details = _strings(
        {
            "language": one.language,
            "split": one.split,
            "revision": one.data.commit,
            "pinned": one.data.digest,
            "n_units": one.n_units,
            "unit": one.unit,
        }
    )
    name = _dataset_name(subject, one.data)
    if one.data.repo is None:
        return {"dataset_name": name, "source_type": "other", "additional_details": details}
    split = HUB_SPLITS.get(one.split)
    return {
        "dataset_name": name,
        "source_type": "hf_dataset",
        "hf_repo": one.data.repo,
        **({"hf_split": split} if split else {}),
        "samples_number": one.n_units,
        "additional_details": details,
    }


def _metric_config(metric: Metric) -> dict[str, Any]:
    return {
        "metric_id": metric.identifier,
        "metric_name": metric.name,
        "metric_kind": metric.family,
        "metric_unit": metric.unit,
        **({"metric_parameters": dict(metric.parameters)} if metric.parameters else {}),
        "lower_is_better": metric.lower_is_better,
        "score_type": "continuous",
        "min_score": 0.0,
        "max_score": "Infinity" if math.isinf(metric.top) else metric.top,
    }


def _uncertainty(one: Evaluation, scored: Scored) -> dict[str, Any]:
    """The interval of this one model; the schema has no place for one over seeds."""
    if scored.low is None or scored.high is None:
        return {}
    interval = {
        "lower": scored.low,
        "upper": scored.high,
        "confidence_level": CONFIDENCE,
        "method": f"Student t over {one.unit}, standard error by bootstrap; one seed",
    }
    return {"uncertainty": {"confidence_interval": interval, "num_samples": one.n_units}}


def _collection(subject: Subject) -> str:
    return f"isogloss-{subject.study}"


def _dataset_name(subject: Subject, data: Dataset) -> str:
    if data.repo is not None:
        return data.repo
    return "isogloss-sample" if data.kind == "sample" else f"{subject.study} data"


def _uuid(subject: Subject) -> uuid.UUID:
    """A name in the form of a random one, the same for the same model."""
    told = "\n".join(subject.identity)
    digest = hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()
    return uuid.UUID(bytes=digest[:16], version=4)


def _seconds(time: str) -> str:
    """ISO 8601 as seconds of Unix time."""
    return f"{datetime.fromisoformat(time).timestamp():.0f}"


def _strings(found: Mapping[str, Any]) -> dict[str, str]:
    """Details are strings in this schema; what is not known is left out."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in found.items()
        if value is not None
    }
