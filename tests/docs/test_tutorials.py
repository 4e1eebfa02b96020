"""The README and each tutorial are followed literally: what they tell to type, runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pages import ROOT, blocks

TUTORIALS = sorted(ROOT.glob("docs/tutorials/*.md"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """One store for all pages: what one has made, the others find."""
    programs, store = Path(sys.executable).parent, tmp_path_factory.mktemp("store")
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HF_HUB_OFFLINE": "1", "ISOGLOSS_STORE": str(store / "it")}


@pytest.mark.parametrize("page", [*TUTORIALS, ROOT / "README.md"], ids=lambda page: page.stem)
def test_a_page_runs_from_its_first_command_to_its_last(page, shell, tmp_path):
    programs = {
        "bash": ("bash", "-euo", "pipefail", "-c"),
        "python": (sys.executable, "-c"),
    }
    ran = 0
    for block in blocks(page):
        if block.language not in programs or block.text.startswith("make "):
            continue
        done = subprocess.run(
            [*programs[block.language], block.text],
            cwd=tmp_path, env=shell, check=False, capture_output=True, text=True,
        )  # fmt: skip
        said = f"{block.page}:{block.line}\n{block.text}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, said
        assert "Traceback" not in done.stderr, said
        ran += 1
    assert ran > 2, "there is something to follow"


def test_there_is_one_for_each_recipe():
    readme = (ROOT / "README.md").read_text()
    assert len(TUTORIALS) == 3
    assert all(f"](docs/tutorials/{page.name})" in readme for page in TUTORIALS)
