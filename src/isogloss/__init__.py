"""Isogloss: find the line where a multilingual encoder stops working, and move it.

What stands in `__all__` is the stable API in Python; docs/versioning.md says what that promises.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from isogloss.base import version
from isogloss.base.errors import InputError, IsoglossError, RunError
from isogloss.base.extras import needing_extras

if TYPE_CHECKING:
    from isogloss import plugins
    from isogloss.notebook.data import keep_data
    from isogloss.notebook.results import Results
    from isogloss.notebook.study import Study

__version__ = version.VERSION
__all__ = [
    "InputError",
    "IsoglossError",
    "Results",
    "RunError",
    "Study",
    "__version__",
    "keep_data",
    "plugins",
]

_ROOMS = {
    "Results": "isogloss.notebook.results",
    "Study": "isogloss.notebook.study",
    "keep_data": "isogloss.notebook.data",
}


def __getattr__(name: str) -> Any:
    """Import what notebooks use when it is asked for, so that the command starts at once."""
    if name in _ROOMS:
        with needing_extras():
            return getattr(import_module(_ROOMS[name]), name)
    if name == "plugins":
        return import_module("isogloss.plugins")
    raise AttributeError(f"module 'isogloss' has no attribute {name!r}")
