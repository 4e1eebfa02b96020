"""What tests of `isogloss export` share: studies finished without measuring, what is refused."""

import subprocess
import sys
from pathlib import Path

ALL_BUT_MEASURE = """
import sys
from pathlib import Path
from isogloss.desk.opened import open_study
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.run import run_plan

opened = open_study(Path(sys.argv[1]), Path(".isogloss"), None)
opened.remember()
steps = [step for step in opened.plan if step.kind != "measure"]
for _ in run_plan(steps, opened.store, InlineExecutor()):
    pass
assert all(step.key in opened.store for step in steps)
"""


def made(folder: Path, study: str) -> Path:
    """The folder of a study, when all of it is done but what is measured."""
    command = [sys.executable, "-c", ALL_BUT_MEASURE, study]
    subprocess.run(command, cwd=folder, check=True, timeout=300)
    return folder


def refused(said, *words: str, code: int = 2) -> str:
    """One message and nothing printed."""
    assert said.code == code, said.out + said.err
    assert said.out == ""
    assert said.err.count("Error: ") == 1
    told = " ".join(said.err.split())
    for word in words:
        assert word in told, told
    return told


def rows_of(run, study: str, **columns):
    """The long table, by another command."""
    rows = run("results", study, "--json").json
    return [row for row in rows if all(row[name] == value for name, value in columns.items())]
