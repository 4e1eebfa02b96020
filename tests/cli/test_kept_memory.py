"""The command begins again with the settings of workers, once, where it may train itself."""

import subprocess
import sys

import pytest

from isogloss.execute.allocator import VARIABLE

linux = pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told what to keep")
SCRIPT = """
import os, sys
from pathlib import Path
from isogloss.cli.kept_memory import keep_memory
keep_memory()
print(b"glibc.malloc.trim_threshold" in Path("/proc/self/environ").read_bytes())
print("GLIBC_TUNABLES" in os.environ, sys.argv[1:])
"""


def said(tmp_path, *arguments, **variables):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-X", "utf8", script, *arguments]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@linux
def test_a_command_that_trains_is_told_and_what_it_starts_is_not(tmp_path):
    assert said(tmp_path, "run", "a b.yaml") == ["True", "False ['run', 'a b.yaml']"]
    assert said(tmp_path, "compare") == ["True", "False ['compare']"]


@linux
def test_other_commands_are_as_they_were(tmp_path):
    assert said(tmp_path, "plan", "run") == ["False", "False ['plan', 'run']"]
    assert said(tmp_path) == ["False", "False []"]


@linux
def test_what_a_person_has_set_stands(tmp_path):
    mine = {VARIABLE: "glibc.malloc.arena_max=1"}
    assert said(tmp_path, "run", **mine) == ["False", "True ['run']"]
