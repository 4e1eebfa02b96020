"""A planted token and password: nothing that a command says or writes has them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub_server import running_hub
from isogloss.execute.executor import Ended, perform
from isogloss.execute.run import _note_failure
from isogloss.plan.plan import Step
from isogloss.store.store import Store
from toys import STUDY, write_toy

TOKEN = "hf_" + "Pl4nted" * 5
PASSWORD = "open-sesame-77"
SECRETS = (TOKEN, PASSWORD)


def planted(url: str, cache: Path) -> dict[str, str]:
    """An environment with secrets in all places where people put them."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return {
        **ours,
        "OMP_NUM_THREADS": "1",
        "HF_TOKEN": TOKEN,
        "WANDB_API_KEY": f"{PASSWORD}-of-wandb",
        "HF_ENDPOINT": url.replace("://", f"://ada:{PASSWORD}@"),
        "HF_HOME": str(cache),
        "HF_HUB_DISABLE_XET": "1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def says(folder: Path, env: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "isogloss", *words],
        cwd=folder, env=env, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert not [secret for secret in SECRETS if secret in said], f"{words}: {said}"
    return said


def leaks(folder: Path) -> list[str]:
    """Files whose bytes hold a secret."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    wanted = [secret.encode() for secret in SECRETS]
    return [str(path) for path in files if any(one in path.read_bytes() for one in wanted)]


def test_the_search_for_leaks_finds_one(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"\x00" + TOKEN.encode())
    assert leaks(tmp_path) == [str(tmp_path / "a" / "b")]


@pytest.mark.parametrize("error", [ValueError, RuntimeError, MemoryError])
def test_a_failure_that_holds_secrets_is_kept_and_told_without_them(tmp_path, monkeypatch, error):
    monkeypatch.setenv("HF_TOKEN", TOKEN)

    def work(step):
        yield from ()
        raise error(f"401 for https://ada:{PASSWORD}@hub/x with {TOKEN}\x1b[2J")

    step = Step("train", 1, {}, title="toy")
    store = Store(tmp_path / "store")
    store.check_writable()
    (ended,) = [event for event in perform(step, work, 0) if isinstance(event, Ended)]
    _note_failure(ended, store)
    failure = ended.outcome.failure
    for text in (failure.message, failure.traceback):
        assert not [secret for secret in (*SECRETS, "\x1b") if secret in text]
    assert "in work" in failure.traceback
    assert store.failure(step.key)
    assert not leaks(store.root)


def test_a_hub_that_refuses_is_told_without_the_token_and_the_password(tmp_path):
    study = STUDY.replace("scratch:", "model: owner/name\n    revision: x\n#").split("#")[0]
    tail = STUDY[STUDY.index("training:") :]
    path = write_toy(tmp_path, study + tail)
    with running_hub() as hub:
        hub.token = "another"
        env = planted(hub.url, tmp_path / "cache")
        for words in (
            ("run", str(path)),
            ("run", str(path), "--log-format", "json", "-vv"),
            ("plan", str(path), "--json"),
            ("validate", str(path), "-vv"),
        ):
            says(tmp_path, env, *words)
        assert hub.requests
    said = says(tmp_path, planted("http://127.0.0.1:9", tmp_path / "cache"), "run", str(path))
    assert "[secret]@127.0.0.1" in said
    assert not leaks(tmp_path)


def test_a_study_with_a_token_is_refused_and_the_token_is_nowhere(tmp_path):
    path = write_toy(tmp_path, STUDY)
    env = planted("http://127.0.0.1:9", tmp_path / "cache")
    said = says(tmp_path, env, "run", str(path), "--set", f"description={TOKEN}")
    assert "[ISO-160]" in said
    bad = tmp_path / "bad" / "toy.yaml"
    bad.parent.mkdir()
    bad.write_text(STUDY + f"description: {TOKEN}\n")
    assert "[ISO-160]" in says(tmp_path, env, "run", str(bad))
    bad.unlink()
    assert not leaks(tmp_path)


def test_what_doctor_says_has_no_secret(tmp_path):
    env = planted("http://127.0.0.1:9", tmp_path / "cache")
    said = says(tmp_path, env, "doctor", "--quick")
    assert "given by HF_TOKEN" in said
    assert "[secret]@127.0.0.1" in said


FAILS = """
import sys
import isogloss.desk.opened

def fail(*_):
    raise RuntimeError("401 with {token} \\x1b[2J")

isogloss.desk.opened.open_study = fail
sys.argv = ["isogloss", "run", "study.yaml", "--log-format", {form!r}]
from isogloss.cli.app import main
main()
"""


def fails(folder: Path, form: str) -> subprocess.CompletedProcess[str]:
    """A bug in the command, whose message has a token and what a terminal would obey."""
    done = subprocess.run(
        [sys.executable, "-c", FAILS.format(token=TOKEN, form=form)],
        cwd=folder, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    return done


def test_a_bug_s_traceback_has_no_secret_and_nothing_that_a_terminal_obeys(tmp_path):
    said = fails(tmp_path, "text").stderr
    assert said.startswith("Traceback")
    assert said.endswith(r"RuntimeError: 401 with [secret] \x1b[2J" + "\n")
    assert TOKEN not in said
    assert "\x1b" not in said


def test_a_bug_in_a_log_of_json_is_an_event(tmp_path):
    (line,) = fails(tmp_path, "json").stderr.splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"]) == ("bug", "critical")
    assert told["message"] == "RuntimeError: 401 with [secret] \x1b[2J"
    assert "in fail" in told["traceback"]
    assert TOKEN not in line
    assert "\x1b" not in line


@pytest.mark.slow
def test_nothing_of_a_whole_study_has_a_secret(tmp_path):
    study = STUDY.replace("sizes: [6, 12]}, {regime: single, sizes: [12]}", "sizes: [6]}")
    diverges = re.search(r"  - name: tiny\n(?:    .*\n)+", study)[0].replace("tiny", "other")
    path = write_toy(tmp_path, study.replace("training:", f"{diverges}training:", 1))
    env = planted("http://127.0.0.1:9", tmp_path / "cache")
    runs = (
        ("run", str(path), "-vv", "--executor", "processes"),
        ("run", str(path), "--set", "training.learning_rate=1e30", "--log-format", "json", "-vv"),
        ("status", str(path), "--json"),
        ("results", str(path), "--format", "json"),
        ("report", str(path), "-o", "report"),
        ("compare", str(path), "-o", "compared"),
        ("export", "model", str(path), "exported"),
        ("ls",),
        ("store", "ls"),
    )
    for words in runs:
        says(tmp_path, env, *words)
    assert (tmp_path / "report").is_dir()
    assert not leaks(tmp_path)
