"""The page of the command: every command, argument and option, as `--help` has them."""

from collections.abc import Iterator
from typing import Any

import typer

from _generate.markdown import NOTICE, block, fence, plain
from isogloss.cli import app as roof

_INTRO = """# The command

What `isogloss --help` and `isogloss COMMAND --help` say. `isogloss --install-completion` teaches
your shell the names. Exit codes: {codes} Every error has a code and a remedy:
[errors](../errors.md).

"""

Command = Any
"""A command or a group of them, as typer has made it."""


def command_line() -> str:
    """The page, as Markdown."""
    root = typer.main.get_command(roof.app)
    codes = " ".join((roof.__doc__ or "").split("\n\n")[1].split())
    found = list(commands(root, "isogloss"))
    listed = "".join(f"- [`{name}`](#{_anchor(name)}): {_short(one)}\n" for name, one in found[1:])
    text = NOTICE + _INTRO.format(codes=codes) + listed + "\n"
    return text + "".join(_command(one, name) for name, one in found)


def commands(command: Command, name: str) -> Iterator[tuple[str, Command]]:
    """A command by its whole name, and all below it."""
    yield name, command
    for word, one in getattr(command, "commands", {}).items():
        if not one.hidden:
            yield from commands(one, f"{name} {word}")


def _short(command: Command) -> str:
    return plain(" ".join(command.help.split("\n\n")[0].split()))


def _anchor(name: str) -> str:
    return f"command-{name.replace(' ', '-')}"


def _command(command: Command, name: str) -> str:
    context = command.context_class(command, info_name=name)
    level = "##" if name.count(" ") < 2 else "###"
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    text = f"({_anchor(name)})=\n{level} `{name}`\n\n" + fence("text", usage)
    text += "".join(f"{plain(one)}\n\n" for one in command.help.split("\n\n"))
    text += block("program", name, "")
    text += "".join(_parameter(one, context) for one in command.params)
    return text + _epilog(command)


def _parameter(parameter: Any, context: Any) -> str:
    """An argument or an option; the help of all commands alike is left out."""
    record = parameter.get_help_record(context)
    if record is None or parameter.name == "help":
        return ""
    names, words = record
    if not words.strip():
        raise ValueError(f"{context.info_name} {names}: there is no help")
    return block("option", names, plain(words.strip().replace("  [", " [")))


def _epilog(command: Command) -> str:
    """Examples, if a command ends with some."""
    return f"{plain(command.epilog)}\n\n" if command.epilog else ""
