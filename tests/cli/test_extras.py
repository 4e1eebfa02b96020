"""Without an extra the command says what to install; what needs none works."""

import subprocess
import sys

import pytest

WITHOUT = """
import sys
for name in {packages}:
    sys.modules[name] = None
sys.argv = ["isogloss", *{words}]
from isogloss.cli.app import main
main()
"""


def isogloss_without(packages, *words):
    code = WITHOUT.format(packages=repr(packages), words=repr(words))
    return subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("packages", "words", "extra"),
    [
        (("altair",), ("report", "study.yaml"), "report"),
        (("vl_convert",), ("report", "study.yaml"), "report"),
        (("altair",), ("audit", "study.yaml"), "report"),
        (("uvicorn",), ("view", "--no-open"), "view"),
        (("starlette",), ("view", "--no-open"), "view"),
    ],
)
def test_a_missing_extra_is_one_line_with_the_command_that_installs_it(packages, words, extra):
    done = isogloss_without(packages, *words)
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert f"{packages[0]} is not installed: pip install 'isogloss[{extra}]'." in said
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("--help",), ("ls", "architectures"), ("run", "--help")])
def test_what_needs_no_extra_works_without_any(words):
    done = isogloss_without(("altair", "vl_convert", "starlette", "uvicorn"), *words)
    assert done.returncode == 0, done.stderr


def test_another_module_that_is_missing_is_a_bug_and_keeps_its_traceback():
    done = isogloss_without(("isogloss.desk.opened",), "plan", "study.yaml")
    assert done.returncode == 1
    assert "isogloss.desk.opened" in done.stderr
