"""Every command in the pages is one that the program knows, with options that it has."""

import ast
import shlex

import pytest
import typer
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from isogloss.cli.app import COMMANDS as COMMANDS_OF_THE_PROGRAM
from isogloss.cli.app import app
from isogloss.cli.examples import EXAMPLES
from isogloss.study.study import Study
from pages import PAGES, ROOT, all_commands, blocks

UsageError = typer.BadParameter.__mro__[1]
"""Of click, or of the click within typer."""
COMMANDS = all_commands("isogloss")
BLOCKS = [block for page in PAGES for block in blocks(page)]


def of(language):
    return [
        pytest.param(block, id=f"{block.page}:{block.line}")
        for block in BLOCKS
        if block.language == language
    ]


def parse(words):
    """Read the words as the program would, without doing anything."""
    command, rest, name = get_command(app), list(words), "isogloss"
    context = None
    try:
        while True:
            context = command.make_context(name, list(rest), parent=context)
            if not hasattr(command, "resolve_command"):
                return
            name, command, rest = command.resolve_command(context, rest)
    except typer.Exit:  # --help
        return


def test_there_are_commands_to_check():
    assert len(COMMANDS) > 60
    assert {found.place.partition(":")[0] for found in COMMANDS} >= {"README.md", "docs/scaling.md"}


@pytest.mark.parametrize(
    "found", [pytest.param(one, id=f"{one.place} {' '.join(one.words)[:60]}") for one in COMMANDS]
)
def test_a_command_in_a_page_can_be_read(found):
    words = [word for word in found.words if word != "&"]
    for sign in (">", "2>", "<"):
        words = words[: words.index(sign)] if sign in words else words
    try:
        parse(words)
    except UsageError as error:
        pytest.fail(f"{found.place}: isogloss {' '.join(words)}: {error.format_message()}")


@pytest.mark.parametrize("name", [command.__name__ for command in COMMANDS_OF_THE_PROGRAM])
def test_the_help_of_a_command_ends_with_examples_that_can_be_read(name):
    assert EXAMPLES[name]
    for line in EXAMPLES[name]:
        program, *words = shlex.split(line)
        assert (program, words[0]) == ("isogloss", name)
        parse(words)
    shown = " ".join(CliRunner().invoke(app, [name, "--help"]).output.split())
    assert all(line.split("--sql")[0] in shown for line in EXAMPLES[name])


def test_every_command_is_shown_in_a_page():
    groups = {group.typer_instance.info.name for group in app.registered_groups}
    names = {command.__name__ for command in COMMANDS_OF_THE_PROGRAM} | groups
    assert {found.words[0] for found in COMMANDS if found.words} >= names


def test_a_command_that_is_none_is_told():
    with pytest.raises(UsageError, match="No such option"):
        parse(["run", "study.yaml", "--jbos", "2"])
    with pytest.raises(UsageError, match="No such command"):
        parse(["rnu", "study.yaml"])


@pytest.mark.parametrize("block", of("python"))
def test_python_in_a_page_is_python(block):
    ast.parse(block.text)


@pytest.mark.parametrize("block", of("yaml"))
def test_a_piece_of_a_study_file_has_names_that_studies_have(block):
    found = yaml.safe_load(block.text)
    assert isinstance(found, dict), block
    fields = set(Study.model_fields)
    assert found.keys() <= fields or not found.keys() & fields, found.keys() - fields


def test_makefile_targets_in_the_pages_exist():
    made = {
        line.partition(":")[0]
        for line in (ROOT / "Makefile").read_text().splitlines()
        if line and line[0].isalpha() and ":" in line
    }
    asked = {found.words[0] for found in all_commands("make") if found.words}
    assert asked
    assert asked <= made
