"""Isogloss: find the line where a multilingual encoder stops working, and move it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from isogloss.base import version

if TYPE_CHECKING:
    from isogloss.notebook.data import keep_data
    from isogloss.notebook.results import Results
    from isogloss.notebook.study import Study

__version__ = version.VERSION
__all__ = ["Results", "Study", "__version__", "keep_data"]

_ROOMS = {
    "Results": "isogloss.notebook.results",
    "Study": "isogloss.notebook.study",
    "keep_data": "isogloss.notebook.data",
}


def __getattr__(name: str) -> Any:
    """Import what notebooks use when it is asked for, so that the command starts at once."""
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module 'isogloss' has no attribute {name!r}")
