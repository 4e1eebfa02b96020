"""What a terminal would obey comes from data to the screen as something to read."""

import io
import json
import re

import pytest
from rich.table import Table

from isogloss.cli import show
from isogloss.cli.show import SafeConsole
from toys import write_toy

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\rx"
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@pytest.mark.parametrize("speak", [show.say, show.note, show.warn])
def test_a_line_with_escapes_is_shown_and_not_obeyed(capsys, speak):
    speak(f"label {EVIL} [bold]as it is[/bold]")
    said = "".join(capsys.readouterr())
    assert not OBEYED.search(said)
    assert r"\x1b]0;owned\x07\x1b[2J\x9b31m\u202e" in said
    assert "[bold]as it is[/bold]" in said


def test_cells_of_tables_are_shown_and_not_obeyed(capsys):
    table = Table(EVIL, title=EVIL)
    table.add_row(f"{EVIL} [link=http://x]y[/nothing]")
    show.wide().print(table)
    said = capsys.readouterr().out
    assert not OBEYED.search(said)
    assert "[/nothing]" in said


def test_json_holds_them_as_its_own_escapes(capsys):
    show.dump({"label": EVIL, EVIL: ["\ud83d"]})
    said = capsys.readouterr().out
    assert not OBEYED.search(said)
    assert json.loads(said) == {"label": EVIL, EVIL: ["\ud83d"]}


def test_on_a_terminal_the_console_obeys_itself_only():
    screen = io.StringIO()
    console = SafeConsole(file=screen, force_terminal=True, color_system="standard", width=80)
    console.print(f"red {EVIL}", style="red", markup=False)
    said = screen.getvalue()
    assert said.startswith("\x1b[31m")
    assert not OBEYED.search(re.sub(r"\x1b\[[0-9;]*m", "", said))


def test_a_label_of_a_data_file_cannot_write_to_the_terminal(isogloss, tmp_path):
    path = write_toy(tmp_path)
    row = {"text": "gut", "label": EVIL}
    (tmp_path / "data" / "de" / "train.jsonl").write_text(json.dumps(row) + "\n")
    said = isogloss("validate", str(path), "-vv")
    assert said.code == 2
    assert not OBEYED.search(said.out + said.err)
    assert r"\x1b]0;owned" in said.err
    assert not [
        one for one in (tmp_path / ".isogloss").rglob("*.json") if b"\x1b" in one.read_bytes()
    ]
