"""Faults of the disk and of processes, put where they hurt."""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COUNTS: Counter[str] = Counter()


@pytest.fixture(scope="session")
def faulty(tmp_path_factory):
    """The library whose calls fail when they are told to."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("faults of the disk are injected by a small C library: needs Linux and cc")
    library = tmp_path_factory.mktemp("faulty") / "libfaulty.so"
    words = [compiler, "-O1", "-Wall", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*words, "-o", str(library), str(HERE / "faulty.c"), "-ldl"], check=True)
    return library


@pytest.fixture
def count():
    """Counts faults, for the summary of a session."""

    def count(what: str) -> None:
        COUNTS[what] += 1

    return count


def pytest_terminal_summary(terminalreporter):
    if COUNTS:
        told = ", ".join(f"{n} {what}" for what, n in sorted(COUNTS.items()))
        terminalreporter.write_line(f"faults injected: {COUNTS.total()} ({told})")


if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))
