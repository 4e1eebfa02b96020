"""`isogloss ls`: what there is: studies in a store, templates, architectures, columns, plug-ins."""

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
    plugins = "plugins"


def ls(
    what: Annotated[What, typer.Argument(help="What to list.")] = What.studies,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """List the studies in a store, templates, architectures, columns of results, or plug-ins.

    Plug-ins are imported to see whether they can be used; nothing else here imports them.
    """
    found = _LISTS[what](store)
    if json:
        show.dump(found)
        return
    for item in found:
        show.say(_line(item))
    if not found:
        where = f" in {store}" if what is What.studies else ""
        show.note(f"No {what.value}{where}.")


def _line(item: Any) -> str:
    if isinstance(item, dict) and "distribution" in item:
        told = f"{item['kind']}  {item['name']}  {item['distribution']} {item['version']}"
        return f"{told}  cannot be used: {item['fault']}" if item["fault"] else told
    if isinstance(item, dict):
        done = f"{item['finished']} of {item['steps']} steps"
        return f"{item['name']}  {done}  {item['source']}"
    return str(item)


def _studies(store: Any) -> list[Any]:
    from isogloss.store.needs import sound_studies
    from isogloss.store.store import Store

    opened = Store(store)
    return [
        {
            "name": study["name"],
            "source": study.get("source"),
            "steps": len(study["steps"]),
            "finished": sum(key in opened for key in study["steps"]),
        }
        for study in sound_studies(opened)
    ]


def _templates(_: Any) -> list[Any]:
    from isogloss.study.templates import TEMPLATES

    return [f"{name}: {words}" for name, words in TEMPLATES.items()]


def _architectures(_: Any) -> list[Any]:
    from isogloss.study.encoders import ARCHITECTURES

    return list(ARCHITECTURES)


def _columns(_: Any) -> list[Any]:
    from isogloss.store.results import ROW_COLUMNS

    return list(ROW_COLUMNS)


def _plugins(_: Any) -> list[Any]:
    """Every plug-in that is installed, and why it cannot be used, if so."""
    from isogloss.execute.chosen import NAMES
    from isogloss.plugins.found import KINDS, fault_when_used, installed
    from isogloss.study.plugged import OWN

    own = {**OWN, "executor": NAMES}
    return [
        {**one.identity, "fault": fault_when_used(one, own[kind])}
        for kind in KINDS
        for one in installed(kind)
    ]


_LISTS = {
    What.studies: _studies,
    What.templates: _templates,
    What.architectures: _architectures,
    What.columns: _columns,
    What.plugins: _plugins,
}
