"""The doctor names what is wrong and its fix, starts without PyTorch, and tells no secret."""

import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from isogloss.desk import doctor
from isogloss.desk.doctor import examine

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
(BOUND,) = (one.split(">=")[1] for one in PROJECT["dependencies"] if one.startswith("torch>="))


def found(store, **how):
    return {f"{one.area}: {one.name}": one for one in examine(store, **how)}


@pytest.fixture
def quick(tmp_path):
    return lambda: found(tmp_path / "store", quick=True)


def test_a_machine_that_is_as_it_should_be_has_no_errors(quick):
    seen = quick()
    assert not [one for one in seen.values() if one.status == "error"]
    assert seen["versions: isogloss"].value == doctor.version("isogloss")
    assert "not made yet" in seen["store: folder"].value


@pytest.mark.parametrize(
    ("there", "said"),
    [(None, "missing"), ("1.0", f"1.0, but >={BOUND} is needed"), ("10.10", "10.10")],
)
def test_a_package_that_is_missing_or_too_old_is_an_error_with_the_command_that_helps(
    quick, monkeypatch, there, said
):
    real = doctor.version

    def version(name):
        if name != "torch":
            return real(name)
        if there is None:
            raise PackageNotFoundError(name)
        return there

    monkeypatch.setattr(doctor, "version", version)
    torch = quick()["versions: torch"]
    assert torch.value == said
    if there == "10.10":
        assert (torch.status, torch.fix) == ("ok", "")
    else:
        assert (torch.status, torch.fix) == ("error", f"pip install 'torch>={BOUND}'")


def test_a_place_that_cannot_be_written_is_an_error(quick, monkeypatch, tmp_path):
    (tmp_path / "store").write_text("a file")
    assert quick()["store: folder"].status == "error"


def test_little_room_and_memory_and_too_many_threads_are_warned_of(quick, monkeypatch, tmp_path):
    memory = tmp_path / "meminfo"
    memory.write_text("MemTotal:  8388608 kB\nMemAvailable:  1048576 kB\n")
    monkeypatch.setattr(doctor, "MEMORY", memory)
    monkeypatch.setattr(doctor, "LITTLE_DISK_GIB", 1e9)
    monkeypatch.setenv("OMP_NUM_THREADS", "100000")
    seen = quick()
    assert seen["machine: memory"].value == "1.0 of 8.0 GiB free"
    for name in ("machine: memory", "machine: OMP_NUM_THREADS", "store: free disk"):
        assert seen[name].status == "warning"
        assert seen[name].fix
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert "unset OMP_NUM_THREADS" in quick()["machine: OMP_NUM_THREADS"].fix


def test_whether_there_is_a_token_is_told_and_not_the_token(quick, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "https://ada:s3cret@hub.example")
    assert quick()["hub: token"].value == "none: public repositories only"
    (tmp_path / "token").write_text("kept-from-login")
    assert quick()["hub: token"].value == "given by a login"
    monkeypatch.setenv("HF_TOKEN", "a-token-of-mine")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    seen = quick()
    assert seen["hub: token"].value == "given by HF_TOKEN"
    assert seen["hub: offline"].status == "note"
    said = json.dumps([vars(one) for one in seen.values()])
    assert not any(secret in said for secret in ("s3cret", "a-token-of-mine", "kept-from-login"))


def test_a_login_and_the_cache_are_found_where_caches_are(quick, monkeypatch, tmp_path):
    for name in ("HF_HOME", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "huggingface").mkdir()
    (tmp_path / "huggingface" / "token").write_text("kept-from-login")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    seen = quick()
    assert seen["hub: token"].value == "given by a login"
    assert str(tmp_path / "huggingface") in seen["hub: cache"].value


def broken_torch(folder, text):
    (folder / "torch").mkdir()
    (folder / "torch" / "__init__.py").write_text(text)
    return {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}


@pytest.mark.parametrize(
    "text", ["raise ImportError('libtorch.so: no such file')", "import os; os.abort()", "1 / 0"]
)
def test_a_broken_pytorch_is_one_finding_with_its_fix_and_the_rest_is_told(tmp_path, text):
    done = subprocess.run(
        [sys.executable, "-m", "isogloss", "doctor", "--json"],
        env=broken_torch(tmp_path, text),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["healthy"] is False
    errors = [one for one in told["findings"] if one["status"] == "error"]
    assert [(one["area"], one["name"]) for one in errors] == [("torch", "start")]
    assert "pip install --force-reinstall torch" in errors[0]["fix"]


def test_the_quick_way_never_imports_pytorch(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "isogloss", "doctor", "--quick"],
        env=broken_torch(tmp_path, "raise SystemExit('imported')"),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "machine: cores" in done.stdout


def test_what_pytorch_computes_with_is_told(tmp_path):
    seen = {name: one for name, one in found(tmp_path).items() if name.startswith("torch")}
    assert set(seen) == {
        "torch: device", "torch: precision", "torch: attention", "torch: threads"
    }  # fmt: skip
    assert seen["torch: precision"].value.startswith(("fp32 (", "bf16 ("))


def test_a_gpu_that_pytorch_does_not_see_is_warned_of(monkeypatch, tmp_path):
    driver = tmp_path / "version"
    driver.write_text("NVRM")
    monkeypatch.setattr(doctor, "GPU_DRIVER", driver)
    told = {"device": "cpu", "gpus": [], "built_for_cuda": None, "precision": "fp32", "reason": "",
            "attention": {}, "threads": 1}  # fmt: skip
    device = next(iter(doctor._devices(told)))
    assert device.status == "warning"
    assert "built without CUDA" in device.value


def test_every_extra_that_users_have_is_known_with_what_it_is_for():
    text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    extras = set(tomllib.loads(text)["project"]["optional-dependencies"])
    assert doctor.EXTRAS.keys() == extras - {"dev", "docs"}


def test_a_python_that_cannot_be_started_is_told(monkeypatch):
    monkeypatch.setattr(doctor.sys, "executable", "/nowhere/python")
    (finding,) = doctor._torch()
    assert finding.status == "error"
    assert "cannot be started" in finding.value
