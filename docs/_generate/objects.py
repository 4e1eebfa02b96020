"""Names that pages define and the search finds: fields of study files, columns of results."""

from typing import Any

OBJECTS = {"study-field": "in the study file", "result-column": "of the results"}
"""Directive -> how the index tells it from others of the same name."""

BEFORE_NAPOLEON, AFTER_NAPOLEON = 400, 600

_COLON = "\N{SYMBOL FOR UNIT SEPARATOR}"
"""Stands for a colon while napoleon reads."""


def hide_colons(_: Any, what: str, *told: Any) -> None:
    """Keep a sentence with a colon whole, where napoleon would take its beginning for a type.

    Args:
        what: kind of the object, as autodoc calls it.
        told: name, object, options, and the lines of the docstring, which are changed.
    """
    lines: list[str] = told[-1]
    if what in {"attribute", "property", "data"} and lines:
        lines[0] = lines[0].replace(":", _COLON)


def show_colons(*told: Any) -> None:
    """Put the colons back; the last of `told` are the lines of the docstring."""
    lines: list[str] = told[-1]
    lines[:] = [line.replace(_COLON, ":") for line in lines]


def setup(app: Any) -> dict[str, Any]:
    """Tell Sphinx of them, and how docstrings of attributes are to be read."""
    for name, words in OBJECTS.items():
        app.add_object_type(name, name, indextemplate=f"single: %s ({words})")
    app.connect("autodoc-process-docstring", hide_colons, priority=BEFORE_NAPOLEON)
    app.connect("autodoc-process-docstring", show_colons, priority=AFTER_NAPOLEON)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
