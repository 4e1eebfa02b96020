"""The JSON Schema of the study file, so that editors complete and check it while it is written."""

from typing import Any

from isogloss.study.study import Study


def study_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a study file."""
    schema = Study.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Isogloss study",
    }
