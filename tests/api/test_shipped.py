"""What comes with the package for other tools: schema, hook, action, citation."""

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from isogloss.study.schema import study_schema
from toys import write_toy

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def test_the_schema_in_the_package_is_the_commands():
    """If it is not: `isogloss schema -o src/isogloss/study/study.schema.json`."""
    text = (files("isogloss.study") / "study.schema.json").read_text(encoding="utf-8")
    assert json.loads(text) == study_schema()


def test_several_studies_are_checked_each(isogloss, tmp_path):
    good = write_toy(tmp_path)
    bad = good.with_name("bad.yaml")
    bad.write_text("name: bad\n")
    said = isogloss("validate", str(bad), str(good))
    assert said.code == 2
    assert "bad.yaml is not a valid study" in said.err
    assert "toy.yaml is a valid study" in said.out
    assert isogloss("validate", str(good)).code == 0


@pytest.fixture
def clone(tmp_path):
    """A project with studies of its own, as its makers would have it."""
    project = tmp_path / "project"
    (project / "studies").mkdir(parents=True)
    write_toy(project / "studies")
    return project


def action_step(name: str) -> dict[str, object]:
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    return next(step for step in steps if name in step.get("run", ""))


@pytest.mark.parametrize(
    ("studies", "arguments", "code"),
    [
        ("studies/**/*.yaml", "", 0),
        ("studies/**/*.yaml", "--set data.source.root=nowhere", 2),
        ("none/*.yaml", "", 2),
        ("studies/; touch hacked", "$(touch hacked)", 2),
    ],
)
def test_the_actions_step_is_a_script_that_runs_here(clone, studies, arguments, code):
    given = {"STUDIES": studies, "ARGUMENTS": arguments, "OMP_NUM_THREADS": "1"}
    step = action_step("isogloss validate")
    assert step["env"].keys() <= given.keys()
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=clone,
        env={**os.environ, **given, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert not (clone / "hacked").exists()


def test_no_input_of_the_action_is_pasted_into_a_script():
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    assert not [step for step in steps if "${{" in step.get("run", "")]


def test_the_hook_runs_in_a_project_that_asks_for_it(clone, tmp_path):
    """As pre-commit runs it, from a clone of this hook; the package is the one that is there."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    hook = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    hook[0]["language"] = "system"  # an environment of its own would need the network
    (hooks / ".pre-commit-hooks.yaml").write_text(yaml.safe_dump(hook))
    git(hooks)
    (clone / "notes.yaml").write_text("no: study\n")
    git(clone)
    assert pre_commit(clone, hooks).returncode == 0
    (clone / "studies" / "toy.yaml").write_text("name: bad\n")
    done = pre_commit(clone, hooks)
    assert done.returncode == 1
    assert "is not a valid study" in done.stdout
    assert "exit code: 2" in done.stdout


def git(folder: Path) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "--no-verify", "-m", "x"]):
        subprocess.run(["git", *words], cwd=folder, check=True, timeout=60)


def pre_commit(project: Path, hooks: Path) -> subprocess.CompletedProcess[str]:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "--all-files"],
        cwd=project,
        env={**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(project.parent / "cache")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_citation_has_what_the_format_asks_for():
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert told.keys() >= {"cff-version", "message", "title", "authors"}
    assert told["cff-version"] == "1.2.0"
    assert told["license"] == "Apache-2.0"
    paper = told["references"][0]
    assert [one["family-names"] for one in paper["authors"]] == [
        "Limisiewicz", "Malkin", "Stanovsky",
    ]  # fmt: skip
    assert paper["doi"] == "10.48550/arXiv.2210.07135"


def test_what_a_project_is_asked_for_is_there():
    for name in ("SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md"):
        assert (ROOT / name).is_file()
