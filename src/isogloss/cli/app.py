"""The command's table of contents and its way out: every command by name, every exit by its code.

0 all is well; 1 a run could not go on; 2 the input is wrong; 3 some cells failed, the rest is done.
"""

import os
import sys
from typing import Annotated

import typer

from isogloss.base.errors import IsoglossError
from isogloss.base.extras import needing_extras
from isogloss.base.version import VERSION
from isogloss.cli import show
from isogloss.cli.commands.audit import audit
from isogloss.cli.commands.bench import bench
from isogloss.cli.commands.compare import compare
from isogloss.cli.commands.doctor import doctor
from isogloss.cli.commands.export import export
from isogloss.cli.commands.init import init
from isogloss.cli.commands.ls import ls
from isogloss.cli.commands.plan import plan
from isogloss.cli.commands.recommend import recommend
from isogloss.cli.commands.report import report
from isogloss.cli.commands.results import results
from isogloss.cli.commands.run import run
from isogloss.cli.commands.schema import schema
from isogloss.cli.commands.status import status
from isogloss.cli.commands.store import store
from isogloss.cli.commands.validate import validate
from isogloss.cli.commands.view import view
from isogloss.cli.examples import epilog
from isogloss.store.faults import full_elsewhere

COMMANDS = (
    init, validate, plan, audit, run, status, results, report, compare, recommend, bench, view, ls,
    schema, doctor,
)  # fmt: skip

app = typer.Typer(
    name="isogloss",
    help="Find the line where a multilingual encoder stops working, language by language.",
    epilog="Begin with: isogloss init sample && isogloss run sample.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in COMMANDS:
    app.command(epilog=epilog(command.__name__))(command)
app.add_typer(export)
app.add_typer(store)


def _version(wanted: bool) -> None:
    if wanted:
        show.say(f"isogloss {VERSION}")
        raise typer.Exit


@app.callback()
def _everywhere(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command; a mistake of the person's is one message, a bug keeps its traceback.

    Where nobody reads any more what it writes (`| head -1`), it leaves with 1 and without a word.
    """
    try:
        _run()
    except BrokenPipeError:  # of a message's; commands leave through Typer, which does the same
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what waits to be written
        sys.exit(1)
    except Exception as error:  # nobody has foreseen it, and Typer's own hook hides no secrets
        if _was_stopped(error):
            show.note("Stopped.")
        else:
            show.bug(type(error), error, error.__traceback__)
        sys.exit(1)


def _was_stopped(error: Exception) -> bool:
    """Whether a library made an error of its own of Ctrl-C, as pydantic does at imports."""
    wrapped = type(error).__name__ == "SchemaError" and "KeyboardInterrupt" in str(error)
    return wrapped or isinstance(error.__cause__, KeyboardInterrupt)


def _run() -> None:
    _without_bars()
    try:
        with needing_extras():
            app()
    except IsoglossError as error:
        show.mistake(error, as_json="--json" in sys.argv)
        sys.exit(error.exit_code)
    except OSError as error:
        full = full_elsewhere(error)
        if full is None:
            raise
        show.mistake(full, as_json=False)
        sys.exit(full.exit_code)


def _without_bars() -> None:
    """Keep the bars of downloads out of files and pipes, unless the person has asked for them."""
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
