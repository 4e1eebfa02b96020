"""Speaking to a person: results on standard output, everything else on standard error."""

import json
import logging
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.logging import RichHandler

WIDE = 400
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


def out() -> Console:
    """The console for results. Rich honors NO_COLOR and drops color where nobody looks."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())


def wide(*, always: bool = False) -> Console:
    """The console for tables: fitted to a terminal unless `always`, never squeezed elsewhere."""
    if sys.stdout.isatty() and not always:
        return out()
    return Console(file=sys.stdout, highlight=False, soft_wrap=True, width=WIDE)


def err() -> Console:
    """The console for progress, notes and errors."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=not sys.stderr.isatty())


def say(text: str = "") -> None:
    """Print a line of results as it is, without markup."""
    out().print(text, markup=False)


def note(text: str) -> None:
    """Print a line for the person only."""
    err().print(text, markup=False, style="dim")


def notes(texts: Iterable[str]) -> None:
    """Print lines for the person only."""
    for text in texts:
        note(text)


def dump(value: Any) -> None:
    """Print JSON."""
    sys.stdout.write(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def listen(verbosity: int) -> None:
    """Show the rooms' logs: warnings, with -v infos, with -vv everything."""
    level = _LEVELS[min(verbosity, len(_LEVELS) - 1)]
    handler = RichHandler(console=err(), show_time=False, show_path=False)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], format="%(message)s", force=True)
    logging.getLogger("isogloss").setLevel(level)
