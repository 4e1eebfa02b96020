"""Which pages are written from the code, and which are brought into the site from elsewhere."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from _generate.children import list_children
from _generate.command_line import command_line
from _generate.names import names
from _generate.project_pages import FOLDER, NAMES, lead_here, project_page
from _generate.python_api import python_api
from _generate.result_columns import result_columns
from _generate.study_file import study_file
from _generate.table_lists import table_list

REFERENCE: dict[str, Callable[[], str]] = {
    "reference/study-file.md": study_file,
    "reference/command-line.md": command_line,
    "reference/python.md": python_api,
    "reference/result-columns.md": result_columns,
    "reference/names.md": names,
}
"""Place in docs/ -> what writes it from the code."""


def pages(docs: Path) -> Iterator[tuple[Path, str]]:
    """Every page that is written, and its text."""
    for place, write in REFERENCE.items():
        yield docs / place, write()
    for name in NAMES:
        yield docs / FOLDER / f"{name.lower()}.md", project_page(name)
    for folder in sorted(docs.glob("results/*/tables")):
        yield folder.with_suffix(".md"), table_list(folder)


def write_pages(docs: Path) -> None:
    """Write them; one that says what it said keeps its time, so that it is not read again."""
    for path, text in pages(docs):
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Tell Sphinx what else to do with pages when it reads them."""
    app.connect("source-read", lead_here)
    app.connect("source-read", list_children)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
