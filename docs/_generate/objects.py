"""Names that pages define and the search finds: fields of study files, columns of results."""

from typing import Any

OBJECTS = {"study-field": "in the study file", "result-column": "of the results"}
"""Directive -> how the index tells it from others of the same name."""


def setup(app: Any) -> dict[str, Any]:
    """Tell Sphinx of them."""
    for name, words in OBJECTS.items():
        app.add_object_type(name, name, indextemplate=f"single: %s ({words})")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
