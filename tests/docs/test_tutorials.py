"""Each tutorial is followed literally, in a fresh folder: what it tells to type, runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pages import ROOT, blocks

TUTORIALS = sorted(ROOT.glob("docs/tutorials/*.md"))

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_runs_from_its_first_command_to_its_last(page, tmp_path):
    home = Path(sys.executable).parent
    told = {**os.environ, "PATH": f"{home}{os.pathsep}{os.environ['PATH']}", "HF_HUB_OFFLINE": "1"}
    ran = 0
    for block in blocks(page):
        if block.language == "bash":
            program = ["bash", "-euo", "pipefail", "-c", block.text]
        elif block.language == "python":
            program = [sys.executable, "-c", block.text]
        else:
            continue
        done = subprocess.run(
            program, check=False, cwd=tmp_path, env=told, capture_output=True, text=True
        )
        said = f"{block.page}:{block.line}\n{block.text}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, said
        assert "Traceback" not in done.stderr, said
        ran += 1
    assert ran > 2, "there is something to follow"


def test_there_is_one_for_each_recipe():
    assert len(TUTORIALS) == 3
