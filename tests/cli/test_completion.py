"""Completion as a shell has it: the script is printed, and bash completes with it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(sys.executable).parent
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")


def run(words, home, **environment):
    """Run words in an empty home, with the program of this environment first on the path."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "HOME": str(home), **environment}
    done = subprocess.run(
        words, cwd=home, env=env, text=True, capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def bash(script, home):
    return run(["bash", "--norc", "-c", f"{script}\nexit $?"], home)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_for_each_shell(shell, tmp_path):
    script = run(["isogloss"], tmp_path, _ISOGLOSS_COMPLETE=f"source_{shell}")
    assert f"_ISOGLOSS_COMPLETE=complete_{shell}" in script


@needs_bash
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("isogloss rec", ["recommend"]),
        ("isogloss re", ["results", "report", "recommend"]),
        ("isogloss run --exec", ["--executor"]),
        ("isogloss export m", ["model"]),
    ],
)
def test_bash_completes_with_what_show_completion_prints(typed, completed, tmp_path):
    typed = typed.split()
    script = (
        'eval "$(isogloss --show-completion)"\n'
        f"COMP_WORDS=({' '.join(typed)})\nCOMP_CWORD={len(typed) - 1}\n"
        '_isogloss_completion isogloss\nprintf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert sorted(bash(script, tmp_path).split()) == sorted(completed)


@needs_bash
def test_install_completion_writes_it_for_the_shell_that_asks(tmp_path):
    said = bash("isogloss --install-completion", tmp_path)
    assert "bash completion installed in" in said
    assert ".bash_completions/isogloss.sh" in (tmp_path / ".bashrc").read_text()
    script = (tmp_path / ".bash_completions" / "isogloss.sh").read_text()
    assert "complete -o default -F _isogloss_completion isogloss" in script
