"""Speaking to a person: results on standard output, everything else on standard error.

What is said comes from data files as well, so no control character of it reaches the terminal: all
that is shown passes a console that writes them as escapes.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.logging import RichHandler
from rich.segment import Segment
from rich.text import Text

from isogloss.base import logs
from isogloss.base.errors import IsoglossError
from isogloss.base.safe_text import redacted, visible

WIDE = 400
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


@final
class SafeConsole(Console):
    """A console that obeys itself (colors, bars) and nothing that stands in a text.

    Strings are made visible before they are laid out, so that they have their true width; what
    comes as another kind of text is, at the latest, before it is written.
    """

    def render_str(self, text: str, **how: Any) -> Text:
        """Make a text of a string."""
        return super().render_str(visible(text), **how)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Lay out, and make visible what a terminal would obey."""
        for segment in super().render(renderable, options):
            text = segment.text
            if segment.control or text.isprintable():
                yield segment
            else:
                yield Segment(visible(text), segment.style)


def out() -> Console:
    """The console for results. Rich honors NO_COLOR and drops color where nobody looks."""
    return SafeConsole(
        file=sys.stdout, markup=False, highlight=False, soft_wrap=not sys.stdout.isatty()
    )


def wide(*, markup: bool = False) -> Console:
    """The console for tables: fitted to a terminal, never squeezed elsewhere.

    With `markup`, strings are read as Rich's markup: whoever asks for it has escaped what came from
    elsewhere.
    """
    if sys.stdout.isatty():
        return SafeConsole(file=sys.stdout, markup=markup, highlight=False)
    return SafeConsole(file=sys.stdout, markup=markup, highlight=False, soft_wrap=True, width=WIDE)


def err() -> Console:
    """The console for progress, notes and errors."""
    return SafeConsole(
        file=sys.stderr, markup=False, highlight=False, soft_wrap=not sys.stderr.isatty()
    )


def say(text: str = "") -> None:
    """Print a line of results, without markup."""
    out().print(redacted(text))


def note(text: str) -> None:
    """Print a line for the person only."""
    if logs.is_json():
        logs.tell("note", text)
    else:
        err().print(redacted(text), style="dim")


def warn(text: str) -> None:
    """Print a line for the person only, of what went wrong."""
    if logs.is_json():
        logs.tell("warning", text, logging.WARNING)
    else:
        err().print(redacted(text))


def notes(texts: Iterable[str]) -> None:
    """Print lines for the person only."""
    for text in texts:
        note(text)


def mistake(error: IsoglossError, *, as_json: bool, exit_code: int | None = None) -> None:
    """Say what a person can mend: for people, and with `--json` for scripts too.

    Args:
        error: what is wrong.
        as_json: whether a script asks.
        exit_code: with which the command leaves; by default the error's own.
    """
    if logs.is_json():
        logs.tell("error", str(error), logging.ERROR, code=error.code, remedy=error.remedy)
    else:
        err().print(f"Error: {error} [{error.code}]", style="red")
    if as_json:
        told = {"code": error.code, "message": str(error), "remedy": error.remedy}
        dump({"error": {**told, "exit_code": exit_code or error.exit_code}})


def bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of what nobody has foreseen, without secrets and escapes."""
    text = "".join(traceback.format_exception(kind, error, trace))
    if logs.is_json():
        said = f"{kind.__name__}: {error}"
        logs.tell("bug", said, logging.CRITICAL, traceback=visible(redacted(text)))
    else:
        sys.stderr.write(visible(redacted(text)))


def counted(n: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "training"), counted(1200, "training")
    ('1 training', '1,200 trainings')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def dump(value: Any) -> None:
    """Print JSON; what a terminal would obey stands in it as JSON's own escapes."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    sys.stdout.write(UNSEEN.sub(_json_escape, text) + "\n")
    sys.stdout.flush()  # at the end of the process, nobody could say that the disk is full


UNSEEN = re.compile(r"[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON itself leaves as it is."""


def _json_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def listen(verbosity: int, *, as_json: bool = False) -> None:
    """Show the rooms' logs: warnings, with -v infos, with -vv everything.

    With `as_json`, all that is said on standard error is a JSON object a line.
    """
    level = _LEVELS[min(verbosity, len(_LEVELS) - 1)]
    if as_json:
        logs.write_json(level)
        return
    logs.write_text(level)
    handler = RichHandler(console=err(), show_time=False, show_path=False)
    handler.setFormatter(logs.TextLines("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("isogloss").setLevel(level)
