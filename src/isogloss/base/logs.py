"""Logs as JSON, one object a line on standard error, for machines that collect them.

    {"time": "2025-01-31T10:15:00.123+00:00", "level": "info", "event": "step_ended",
     "step": "0a1b...", "message": "...", "logger": "isogloss.run", ...}

`event` is what happened, in one word that never changes; `step` is the key of the step it is about,
or null. What any room logs while a step is made bears that step's key. A worker process writes its
own lines, as JSON or as text; it learns which, and from what level on, from its environment, which
it has from the parent.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, final

from isogloss.base.safe_text import CONTROL, redacted, visible

RUN = "isogloss.run"
"""The logger of what a command does; its events are told whatever the level of the rooms."""

_CHOSEN = "ISOGLOSS_WRITES_JSON_LOGS"
_LEVEL = "ISOGLOSS_WRITES_TEXT_FROM"
_step: ContextVar[str | None] = ContextVar("step", default=None)


@contextmanager
def about_step(key: str) -> Iterator[None]:
    """Mark what is logged inside the context as being about a step."""
    token = _step.set(key)
    try:
        yield
    finally:
        _step.reset(token)


def is_json() -> bool:
    """Whether logs are written as JSON, here and in the workers."""
    return _CHOSEN in os.environ


def write_json(level: int) -> None:
    """Write logs as JSON from now on: those of our rooms from a level, others from warnings."""
    os.environ[_CHOSEN] = str(level)
    handler = _Stderr()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("isogloss").setLevel(level)
    logging.getLogger(RUN).setLevel(logging.INFO)


def write_text(level: int = logging.WARNING) -> None:
    """Leave logs to whoever sets them up otherwise; workers write text, our rooms' from a level."""
    os.environ[_LEVEL] = str(level)
    if os.environ.pop(_CHOSEN, None) is not None:
        logging.captureWarnings(capture=False)
        logging.getLogger(RUN).setLevel(logging.NOTSET)


def in_worker() -> None:
    """Write logs as the parent does."""
    level = os.environ.get(_CHOSEN)
    if level is not None:
        write_json(int(level))
        return
    handler = _Stderr()
    handler.setFormatter(TextLines("%(levelname)-8s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("isogloss").setLevel(int(os.environ.get(_LEVEL, logging.WARNING)))


def tell(event: str, message: str, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event of the command, with fields of its own."""
    logging.getLogger(RUN).log(level, "%s", message, extra={"event": event, "fields": fields})


def line(event: str, message: str) -> str:
    """An event as its line, for who cannot use a logger: its locks may be held by whom it stops."""
    record = logging.LogRecord(RUN, logging.INFO, "", 0, "%s", (message,), None)
    record.event = event
    return f"{JsonLines().format(record)}\n"


@final
class _Stderr(logging.Handler):
    """Writes each line at once to whatever standard error is then."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except Exception:  # whatever it is, a log does not stop the work
            self.handleError(record)


@final
class TextLines(logging.Formatter):
    """A record as text, without secrets and what a terminal would obey."""

    def format(self, record: logging.LogRecord) -> str:
        """Write what the format of this formatter names, and the traceback if there is one."""
        return visible(redacted(super().format(record)))


@final
class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, event, step, message, logger and the record's own fields."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "log"),
            "step": _step.get(),
            "message": record.getMessage(),
            "logger": record.name,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        text = json.dumps(fields, ensure_ascii=False, default=str)
        return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", redacted(text))
