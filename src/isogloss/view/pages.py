"""The pages of the site, drawn; every text of a store is escaped where it is drawn."""

import time
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment

from isogloss.desk.progress.progress import Progress
from isogloss.report.html.page import environment
from isogloss.report.numbers import duration, plain
from isogloss.view.comparing import ALL, Compared
from isogloss.view.noted import Noted, Unread

LIVE_SECONDS = 2
"""Between two looks of a page at a study that runs."""

QUIET_SECONDS = 10
"""And at one where nothing does."""


def index_page(store: str, studies: Sequence[tuple[Noted | Unread, Progress | None]]) -> str:
    """The studies of a store; what could not be read has no progress."""
    runs = any(progress.running for _, progress in studies if progress is not None)
    return _draw("index.html.j2", store=store, studies=studies, every=_every(runs))


def nothing_page(store: str, *, there: bool) -> str:
    """What to do where there is no study, or no store at all."""
    return _draw("nothing.html.j2", store=store, there=there, every=QUIET_SECONDS)


def study_page(id: str, progress: Progress, others: Sequence[Noted], again: str) -> str:
    """How far a study is; `again` is the command that goes on with it."""
    every = _every(bool(progress.running))
    return _draw("study.html.j2", id=id, progress=progress, others=others, again=again, every=every)


def compare_page(
    studies: Sequence[Noted], chosen: tuple[str, str], compared: Compared | None
) -> str:
    """Two studies side by side, and the choice of others."""
    return _draw("compare.html.j2", studies=studies, chosen=chosen, compared=compared, all=ALL)


def writing_page(id: str, name: str) -> str:
    """That a report is being written; it asks again by itself."""
    return _draw("writing.html.j2", id=id, name=name, every=LIVE_SECONDS)


def message_page(title: str, text: str) -> str:
    """Why something cannot be shown."""
    return _draw("message.html.j2", title=title, text=text)


def about(seconds: float) -> str:
    """A guess at a time, in no more words than it deserves.

    >>> about(20), about(59.9), about(1234), about(7300), about(200_000)
    ('less than a minute', 'about 1 min', 'about 21 min', 'about 2 h 2 min', 'about 2 days 7 h')
    """
    minutes = round(seconds / 60)
    if seconds < 45:
        return "less than a minute"
    if minutes < 60:
        return f"about {minutes} min"
    hours = minutes // 60
    if hours < 48:
        return f"about {hours} h {minutes % 60} min"
    return f"about {hours // 24} days {hours % 24} h"


def ago(then: float, now: float | None = None) -> str:
    """How long ago something was.

    >>> ago(100, 101), ago(0, 50), ago(0, 5000), ago(0, 200_000)
    ('just now', '50 s ago', '1 h 23 min ago', '2 days ago')
    """
    seconds = max(0.0, (time.time() if now is None else now) - then)
    if seconds < 3:
        return "just now"
    if seconds < 60:
        return f"{seconds:.0f} s ago"
    if seconds < 48 * 3600:
        return f"{duration(seconds)} ago"
    return f"{seconds // 86400:.0f} days ago"


def clock(then: float) -> str:
    """A moment as ISO 8601 has it, in the time of this machine."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(then))


def _every(runs: bool) -> int:
    return LIVE_SECONDS if runs else QUIET_SECONDS


def _draw(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    made = environment(__package__ or "isogloss.view")
    made.filters.update(ago=ago, about=about, clock=clock, plain=plain, duration=duration)
    return made
