"""`isogloss ls`: what there is: studies in a store, templates, languages of the sample, metrics."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from isogloss.cli import show
from isogloss.cli.options import JsonOption, StoreOption
from isogloss.store.names import DEFAULT_STORE


class What(StrEnum):
    """Things to list."""

    studies = "studies"
    templates = "templates"
    architectures = "architectures"
    columns = "columns"


def ls(
    what: Annotated[What, typer.Argument(help="What to list.")] = What.studies,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """List the studies in a store, the templates, the architectures, or the results' columns."""
    found = _LISTS[what](store)
    if json:
        show.dump(found)
        return
    for item in found:
        show.say(_line(item))
    if not found:
        show.note(f"No {what.value} in {store}.")


def _line(item: Any) -> str:
    if isinstance(item, dict):
        done = f"{item['finished']} of {item['steps']} steps"
        return f"{item['name']}  {done}  {item['source']}"
    return str(item)


def _studies(store: Any) -> list[Any]:
    from isogloss.store.store import Store

    opened = Store(store)
    return [
        {
            "name": study["name"],
            "source": study["source"],
            "steps": len(study["steps"]),
            "finished": sum(key in opened for key in study["steps"]),
        }
        for study in opened.studies()
    ]


def _templates(_: Any) -> list[Any]:
    from isogloss.study.templates import TEMPLATES

    return [f"{name}: {words}" for name, words in TEMPLATES.items()]


def _architectures(_: Any) -> list[Any]:
    from typing import get_args

    from isogloss.study.encoders import Architecture

    return list(get_args(Architecture))


def _columns(_: Any) -> list[Any]:
    from isogloss.store.results import ROW_COLUMNS

    return list(ROW_COLUMNS)


_LISTS = {
    What.studies: _studies,
    What.templates: _templates,
    What.architectures: _architectures,
    What.columns: _columns,
}
