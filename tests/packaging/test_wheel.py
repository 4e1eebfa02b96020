"""The package as others get it: built, installed in an environment of its own, used elsewhere."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = ROOT / "constraints.txt"
SMALL = ["regimes=[{regime: joint, sizes: [30]}]", "seeds=[1]", "training.num_train_epochs=1"]

pytestmark = pytest.mark.slow


def do(words, cwd, **environment):
    """Run to the end and say what came of it; an environment of its own hides this one's code."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**kept, **environment},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"{words}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A wheel that was made from the sdist, and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    do([sys.executable, "-m", "build", "--outdir", folder, ROOT], ROOT)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def test_the_wheel_has_the_files_that_are_no_code(built):
    names = ZipFile(built[0]).namelist()
    data = [path for path in (ROOT / "src/isogloss").rglob("*") if path.is_file()]
    wanted = {
        path.relative_to(ROOT / "src").as_posix()
        for path in data
        if path.suffix != ".pyc" and path.name != ".DS_Store"
    }
    assert wanted <= set(names), sorted(wanted - set(names))
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "studies"))]


def test_the_sdist_has_license_and_readme(built):
    with tarfile.open(built[1]) as archive:
        names = {Path(name).name for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "PKG-INFO"} <= names


def test_a_fresh_environment_runs_a_study_to_its_report(built, tmp_path):
    home, work = tmp_path / "environment", tmp_path / "work"
    work.mkdir()
    do([sys.executable, "-m", "venv", home], tmp_path)
    pip = [home / "bin/python", "-m", "pip", "install", "--quiet"]
    do([*pip, built[0]], tmp_path, PIP_CONSTRAINT=str(CONSTRAINTS))
    isogloss = home / "bin/isogloss"
    assert do([isogloss, "--version"], work).startswith("isogloss ")
    do([isogloss, "init", "sample"], work)
    changes = [word for change in SMALL for word in ("--set", change)]
    do([isogloss, "run", "sample.yaml", *changes], work)
    do([isogloss, "results", "sample.yaml", *changes], work)
    refused = subprocess.run(
        [isogloss, "report", "sample.yaml"], cwd=work, text=True, capture_output=True, check=False
    )
    assert refused.returncode == 2
    assert "pip install 'isogloss[report]'" in refused.stderr
    do([*pip, f"{built[0]}[view]"], tmp_path, PIP_CONSTRAINT=str(CONSTRAINTS))
    do([isogloss, "report", "sample.yaml", "-o", "report", *changes], work)
    assert "<html" in (work / "report/report.html").read_text(encoding="utf-8")[:2000]
    where = do([home / "bin/python", "-c", "import isogloss; print(isogloss.__file__)"], work)
    assert Path(where.strip()).is_relative_to(home)
