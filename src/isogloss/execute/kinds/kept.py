"""The model last trained or opened in this process: its tests follow, and need not open it again.

A global, since what it bounds is the process's own: one step is worked on at a time, with room for
one model, and steps share nothing else than the store.
"""

from typing import Any

_model: dict[str, Any] = {}


def keep(key: str, model: Any) -> None:
    """Keep a model, by the key of the step that made it, in place of the one before."""
    let_go()
    _model[key] = model


def kept(key: str) -> Any | None:
    """The model of this step, if it is the one that is kept."""
    return _model.get(key)


def let_go() -> None:
    """Make room for a model that is to be trained."""
    _model.clear()
