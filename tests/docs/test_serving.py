"""The pages about serving are followed literally: what they tell to type, runs, and answers."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pages import ROOT, blocks
from toys import LABELS, STUDY, write_toy

pytestmark = pytest.mark.slow

SERVE, FORMS = ROOT / "docs" / "how-to" / "serve.md", ROOT / "docs" / "serving-forms.md"
SMALL = {
    "rounds": 1, "n_texts": 8, "scenarios": ["offline", "single_stream"], "token_budgets": [256],
    "offline_seconds": 0.1, "single_stream_queries": 20, "threads": 1,
}  # fmt: skip
"""How the toy is measured; which forms, the page says."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with the study that the page is about, and the forms that the page declares."""
    folder = tmp_path_factory.mktemp("serve")
    declared = next(yaml.safe_load(b.text) for b in blocks(SERVE) if b.language == "yaml")
    study = yaml.safe_load(write_toy(folder, STUDY).read_text(encoding="utf-8"))
    study["regimes"] = [{"regime": "joint", "sizes": [12]}]
    study["efficiency"] = {**declared["efficiency"], **SMALL}
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    return folder


def typed(home: Path, block) -> str:
    """What a block prints."""
    programs = Path(sys.executable).parent
    words = {
        "bash": ("bash", "-euo", "pipefail", "-c"), "python": (sys.executable, "-c"),
    }[block.language]  # fmt: skip
    done = subprocess.run(
        [*words, block.text], cwd=home, check=False, capture_output=True, text=True,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
             "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    told = f"{block.page}:{block.line}\n{block.text}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, told
    assert "Traceback" not in done.stderr, told
    return done.stdout


def test_the_page_goes_from_a_study_to_answers(home):
    printed = [typed(home, b) for b in blocks(SERVE) if b.language in {"bash", "python"}]
    assert len(printed) == 2 + 3
    assert re.search(r"^Choice: tiny( \((trimmed|onnx-int8)\))?\.$", printed[0], re.MULTILINE)
    for folder in ("served", "trimmed"):
        assert (home / folder / "README.md").is_file()
    for answers in printed[2:4]:
        lines = [line.split() for line in answers.splitlines()]
        assert len(lines) == 2
        assert all(label in LABELS and 1 / 3 <= float(share) <= 1 for label, share in lines)
    assert any(label in printed[4] for label in LABELS)


def test_the_functions_in_the_guide_of_forms_run(home):
    """Whether or not the page above was followed first."""
    export = "isogloss run study.yaml && isogloss export model study.yaml trained"
    (block,) = (b for b in blocks(FORMS) if b.language == "python")
    typed(home, block._replace(language="bash", text=export))
    printed = typed(home, block)
    size = int(printed.split()[0])
    assert 0 < size <= 120
    assert sum(label in printed for label in LABELS) >= 1
