"""The reference has every key, command, flag, column and public name, each with words."""

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import isogloss
from isogloss.cli.app import app
from isogloss.store.results import ROW_COLUMNS
from isogloss.study.spec import Spec
from isogloss.study.study import Study

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))

from _generate.command_line import commands as every_command  # noqa: E402
from _generate.fields import description, kind  # noqa: E402
from _generate.markdown import first_sentence  # noqa: E402
from _generate.pages import REFERENCE  # noqa: E402


@pytest.fixture(scope="module")
def written():
    """The pages by their name, as they are written from the code."""
    return {Path(place).stem: write() for place, write in REFERENCE.items()}


def declarations(of: type[Spec] = Study) -> set[type[Spec]]:
    """All that may stand in a study, by the annotations of the fields alone."""
    found = {of}
    waiting = [field.annotation for field in of.model_fields.values()]
    while waiting:
        one = waiting.pop()
        waiting += getattr(one, "__args__", ())
        if inspect.isclass(one) and issubclass(one, Spec) and one not in found:
            found.add(one)
            waiting += [field.annotation for field in one.model_fields.values()]
    return found


DECLARED = sorted(declarations(), key=lambda one: one.__name__)


def section(page: str, name: str) -> str:
    """The part of the page of the study file that is about one declaration."""
    return page.partition(f"(study-{name.lower()})=\n")[2].partition("\n(study-")[0]


@pytest.mark.parametrize("declared", DECLARED, ids=lambda one: one.__name__)
def test_every_key_of_a_study_file_is_told_with_its_words(declared, written):
    part = section(written["study-file"], declared.__name__)
    assert declared.__doc__.strip()
    told = dict(re.findall(r"^````\{study-field\} (\S+)\n(.+)$", part, re.MULTILINE))
    keys = {field.alias or name for name, field in declared.model_fields.items()}
    assert {place.rpartition(".")[2] for place in told} == keys
    assert all(field.description for field in declared.model_fields.values())
    assert all(len(words) > 5 for words in told.values())


def test_the_page_of_the_study_file_says_limits_and_defaults(written):
    rate = written["study-file"].partition("{study-field} training.learning_rate\n")[2]
    assert rate.splitlines()[2] == "number above 0 · by default `2e-05`"
    languages = written["study-file"].partition("{study-field} languages\n")[2]
    assert languages.splitlines()[2] == "list of text at least 1 · required"
    free = written["study-file"].partition("{study-field} training.save_seconds\n")[2]
    assert free.splitlines()[2].endswith("*costs only*")


def test_one_thing_or_a_list_of_it_is_told_once(written):
    seeds = written["study-file"].partition("{study-field} seeds\n")[2].splitlines()[2]
    limits = "whole number from 0 below 4294967296 at least 1"
    assert seeds == f"one, or a list of {limits} · by default `[42]`"
    layers = written["study-file"].partition(".lora.target_modules\n")[2]
    assert "\none, or a list of text or `all-linear` · " in layers.partition("````")[0]
    choices = re.findall(r"^\| \{study-field\}`\S+ \| (.+?) \|", written["names"], re.MULTILINE)
    assert len(choices) > 20
    for words in choices:
        assert len(set(words.split(", "))) == words.count(",") + 1, words


def test_all_that_a_declaration_says_is_told(written):
    assert "It sees the first sub-token of each word" in section(written["study-file"], "Probe")


def help_of(*words: str) -> str:
    found = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "300", "TERM": "dumb"})
    assert found.exit_code == 0, found.output
    return found.output


def listed(text: str) -> list[str]:
    """The commands that a help names."""
    box = text.partition("─ Commands")[2]
    return re.findall(r"^│ ([a-z-]+)  ", box, re.MULTILINE)


def commands(*words: str) -> list[tuple[str, ...]]:
    return [words, *(one for name in listed(help_of(*words)) for one in commands(*words, name))]


def test_every_command_and_flag_of_the_help_is_told(written):
    every = commands()
    assert {("run",), ("store", "gc"), ("export", "model")} <= set(every)
    seen = set()
    for words in every:
        name = " ".join(["isogloss", *words])
        part = written["command-line"].partition(f"`{name}`\n\n```text\n")[2]
        part = part.partition("\n(command-")[0]
        options = dict(re.findall(r"^````\{option\} (.+)\n(.+)$", part, re.MULTILINE))
        named = {flag for names in options for flag in re.findall(r"--[\w-]+", names)}
        shown = help_of(*words).partition("─ Options")[2].partition("╰─")[0]
        flags = set(re.findall(r"^│ [ *]*(?:-\w, )?(--[\w-]+)", shown, re.MULTILINE)) - {"--help"}
        assert flags <= named, name
        seen |= flags
        assert all(len(words) > 5 for words in options.values())
    assert {"--executor", "--max-latency-ms", "--quarantine", "--organization"} <= seen


def words_of(command: Any) -> list[str]:
    """All that the parameters of a command say of themselves, defaults in words too."""
    told = [one.help or "" for one in command.params]
    told += [one.show_default for one in command.params if isinstance(one.show_default, str)]
    return " ".join(told).split()


def test_nothing_of_a_help_is_taken_for_markup_and_left_out():
    for name, command in every_command(typer.main.get_command(app), "isogloss"):
        shown = help_of(*name.split()[1:])
        assert [word for word in words_of(command) if word not in shown] == [], name


def test_every_column_of_the_results_is_told(written):
    told = re.findall(
        r"^````\{result-column\} (\S+)\n(.+)$", written["result-columns"], re.MULTILINE
    )
    assert tuple(name for name, _ in told) == ROW_COLUMNS
    assert all(len(words) > 5 for _, words in told)


@pytest.mark.parametrize("name", isogloss.__all__)
def test_every_public_name_has_words_and_a_place(name, written):
    assert f"## `{name}`" in written["python"]
    value = getattr(isogloss, name)
    if inspect.isclass(value):
        members = [one for key, one in vars(value).items() if not key.startswith("_")]
        assert all((inspect.getdoc(one) or "").strip() for one in (value, *members))


def test_what_has_no_words_is_refused():
    with pytest.raises(ValueError, match="without a description"):
        description({"type": "string"}, {})
    with pytest.raises(ValueError, match="in words"):
        kind({"type": "tuple"}, str)
    with pytest.raises(ValueError, match="docstring"):
        first_sentence(" ")


@pytest.mark.slow
def test_the_built_site_can_be_searched_for_all_of_them(tmp_path, written):
    sphinx = [sys.executable, "-m", "sphinx", "-E", "-W", "--keep-going", "-n", "-q"]
    built = subprocess.run(
        [*sphinx, "-b", "html", "-d", tmp_path / "trees", ROOT / "docs", tmp_path / "site"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    fields = re.findall(r"^````\{study-field\} (\S+)$", written["study-file"], re.MULTILINE)
    page = (tmp_path / "site" / "reference" / "study-file.html").read_text(encoding="utf-8")
    assert len(fields) > 100
    assert page.count('<dl class="std study-field">') == len(fields)
    commands_page = (tmp_path / "site" / "reference" / "command-line.html").read_text("utf-8")
    assert 'id="cmdoption-isogloss-run-executor"' in commands_page
    python = (tmp_path / "site" / "reference" / "python.html").read_text(encoding="utf-8")
    assert all(f'id="isogloss.{name}"' in python for name in ("Study", "Results", "Study.run"))
    for html in (tmp_path / "site").rglob("*.html"):
        assert not re.search(
            r'(?:src|href)="https?:[^"]*\.(?:js|css|woff)', html.read_text("utf-8")
        )
