"""The audit fails for what is known and not accepted, and only for that; the bill is whole."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

CI = Path(__file__).parents[2] / ".ci"
HOLE = {"id": "PYSEC-1", "fix_versions": ["2.0"]}
CLEAN = {"name": "rich", "version": "15.0.0", "vulns": []}


def script(name):
    spec = importlib.util.spec_from_file_location(name, CI / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("answer", "accepted", "code", "said"),
    [
        (None, "", 0, ""),
        ([CLEAN], "", 0, "1 packages looked up, 0 known"),
        ([CLEAN, {"name": "a", "version": "1.0", "vulns": [HOLE]}], "", 1, "a 1.0: PYSEC-1"),
        ([{"name": "a", "version": "1.0", "vulns": [HOLE]}], "PYSEC-1 not used", 0, "0 known"),
        ([{"name": "a", "version": "1.0", "vulns": [HOLE]}], "# PYSEC-1", 1, "mended in 2.0"),
        ([{"name": "a", "skip_reason": "no such package"}], "", 0, "SKIPPED"),
        ([CLEAN, {"name": "a", "skip_reason": "no such"}], "", 0, "not looked up"),
    ],
)
def test_only_a_known_hole_that_nobody_accepted_fails(
    monkeypatch, tmp_path, capsys, answer, accepted, code, said
):
    audit = script("audit")
    (tmp_path / "accepted").write_text(accepted)
    monkeypatch.setattr(audit, "ACCEPTED", tmp_path / "accepted")
    monkeypatch.setattr(audit, "ask", lambda *_: answer and {"dependencies": answer})
    assert audit.main(Path("constraints.txt")) == code
    assert said in capsys.readouterr().out


def test_where_pip_audit_cannot_be_had_that_is_said_and_nothing_fails(
    monkeypatch, tmp_path, capsys
):
    audit = script("audit")

    def run(command, **_):
        return subprocess.CompletedProcess(command, 1, "", "warning\nno network\n")

    monkeypatch.setattr(audit.subprocess, "run", run)
    assert audit.main(tmp_path) == 0
    assert "SKIPPED, its data cannot be had here (no network)" in capsys.readouterr().out


def test_the_bill_of_materials_names_what_runs_and_who_needs_it():
    done = subprocess.run(
        [sys.executable, CI / "sbom.py"], capture_output=True, text=True, check=True
    )
    bill = json.loads(done.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    names = {one["name"] for one in bill["components"]}
    assert {"torch", "transformers", "numpy", "safetensors"} <= names
    assert not {"pytest", "ruff", "isogloss"} & names
    known = {one["bom-ref"] for one in bill["components"]}
    known.add(bill["metadata"]["component"]["bom-ref"])
    assert {one["ref"] for one in bill["dependencies"]} == known
    assert all(set(one["dependsOn"]) <= known for one in bill["dependencies"])
    digests = [one["properties"][0]["value"] for one in bill["components"] if "properties" in one]
    assert len(digests) > len(names) / 2
    assert all(len(digest) == 64 for digest in digests)


def test_every_accepted_hole_has_its_reason():
    lines = (CI / "accepted-vulnerabilities.txt").read_text().splitlines()
    for line in lines:
        assert line.startswith("#") or len(line.split()) > 3
