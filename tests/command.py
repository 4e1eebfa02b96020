"""The command as its users meet it: in this process for speed, or in one of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


class Said:
    """How a command ended and what it said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def isogloss(tmp_path, monkeypatch, capfd):
    """Run the command in an empty folder, in this process."""
    from isogloss.cli.app import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ISOGLOSS_STORE", raising=False)

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["isogloss", *words])
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Said(code, out, err)

    return run


def fresh(folder: Path, *words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "isogloss", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=check,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
