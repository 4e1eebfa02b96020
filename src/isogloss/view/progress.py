"""How far a study is that a store has noted, and what of that is not known."""

from isogloss.base.errors import IsoglossError
from isogloss.desk.opened import Opened
from isogloss.desk.progress.progress import Asked, Progress, progress_of
from isogloss.store.store import Store
from isogloss.view.noted import Noted
from isogloss.view.shelf import Shelf


def progress_of_noted(noted: Noted, store: Store, shelf: Shelf) -> Progress:
    """Look up how far a study is."""
    opened, remark = _opened(noted, shelf)
    plan = opened.plan if opened else None
    asked = Asked(noted.name, noted.source, noted.keys, plan, remark)
    return progress_of(asked, store, shelf.made)


def _opened(noted: Noted, shelf: Shelf) -> tuple[Opened | None, str]:
    """The study, and why some of it is not known."""
    try:
        opened = shelf.opened(noted)
    except IsoglossError as error:
        return None, str(error)
    return opened, _drift(noted, opened)


def _drift(noted: Noted, opened: Opened) -> str:
    strange = sum(key not in opened.plan.by_key for key in noted.keys)
    if not strange:
        return ""
    return (
        f"{strange} of {len(noted.keys)} steps have other keys in this Isogloss than in the one"
        f" that ran the study: `{opened.again('run')}` would do them anew."
    )
