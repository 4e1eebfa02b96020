"""Do the tests of a room notice when its code is wrong?

    python -m benchmarks.mutants src/isogloss/stats --tests tests/stats src/isogloss/stats

makes small faults in a copy of the code, one at a time (see `benchmarks/faults_in_code.py`), and
runs the fast tests that enter the function. A fault that they notice is killed, another survives.
The faults are a seeded sample of all that the code offers.
"""

import argparse
import importlib
import os
import pickle
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchmarks.faults_in_code import Mutant, mutants

ROOT = Path(__file__).resolve().parents[1]
OPTIONS = ["-p", "no:cacheprovider", "-m", "not slow"]
MOST_SECONDS, MOST_BYTES = 240, 4 << 30


class Seen(NamedTuple):
    """What a run of the tests on sound code tells."""

    entered: dict[str, set[tuple[str, int]]]  # test -> functions: file and first line
    seconds: dict[str, float]
    libraries: list[str]


class Watch:
    """A plug-in of pytest: which functions each test enters, and how long it takes."""

    def __init__(self) -> None:
        self.entered: dict[str, set[tuple[str, int]]] = {}
        self.seconds: dict[str, float] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        entered = self.entered[item.nodeid] = set()

        def enter(frame: Any, *_: Any) -> None:
            entered.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

        sys.settrace(enter)
        result = yield
        sys.settrace(None)
        return result

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] += report.duration


def apart(work: Callable[[], int]) -> int:
    """Run `work` in a process of its own, silently; its exit code, or minus the signal."""
    child = os.fork()
    if not child:
        os.setsid()
        signal.alarm(MOST_SECONDS)
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        try:
            os._exit(int(work()))
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what it has left
    return os.waitstatus_to_exitcode(status)


def observe(tests: list[str], notes: Path) -> Seen:
    """Run the tests on sound code; then load the libraries, once for all processes."""

    def work() -> int:
        watch = Watch()
        code = pytest.main([*OPTIONS, *tests], plugins=[watch])
        files = {name: getattr(it, "__file__", None) or "" for name, it in sys.modules.items()}
        libraries = [name for name, file in files.items() if "/site-packages/" in file]
        notes.write_bytes(pickle.dumps(Seen(watch.entered, dict(watch.seconds), libraries)))
        return code

    if apart(work):
        raise SystemExit("The tests fail on sound code.")
    seen: Seen = pickle.loads(notes.read_bytes())
    for name in seen.libraries:
        importlib.import_module(name)
    return seen


def fate(mutant: Mutant, seen: Seen) -> str:
    """What the tests say that enter the function (or all, if none is seen to), quick ones first."""
    tests = sorted(seen.entered, key=lambda test: seen.seconds[test])
    place = (str(mutant.path.resolve()), mutant.function)
    near = [test for test in tests if place in seen.entered[test]]
    sound = mutant.path.read_bytes()
    mutant.path.write_bytes(mutant.spoiled)
    try:
        code = apart(lambda: pytest.main([*OPTIONS, "-x", *(near or tests)]))
    finally:
        mutant.path.write_bytes(sound)
    return {0: "survived", 1: "killed"}.get(code, f"killed ({code})")


def lay_out(folder: Path) -> None:
    """Copy what git knows of, and let Python find the package there."""
    listed = ["git", "ls-files", "-co", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    os.chdir(folder)
    sys.path.insert(0, str(folder / "src"))
    sys.dont_write_bytecode = True
    os.environ |= {"PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they cost more than most tests


def main() -> None:
    """Print each fault and its fate, then the score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("code", nargs="+", type=Path, help="files or folders to spoil")
    parser.add_argument("--tests", nargs="+", required=True, help="tests that should notice")
    parser.add_argument("--number", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only faults whose line has this text")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        lay_out(Path(folder))
        seen = observe(asked.tests, Path(folder) / "notes")
        paths = [file for place in asked.code for file in [place, *sorted(place.rglob("*.py"))]]
        offered = [mutant for path in paths if path.is_file() for mutant in mutants(path)]
        sample = random.Random(asked.seed).sample(offered, min(asked.number, len(offered)))
        fates: Counter[str] = Counter()
        for mutant in sample:
            if asked.only in (label := f"{mutant.path}:{mutant.line}: {mutant.change}"):
                fates[said := fate(mutant, seen)] += 1
                print(said, label, flush=True)
        n_killed = fates.total() - fates["survived"]
        print(f"{n_killed} of {fates.total()} killed; the code offers {len(offered)}")


if __name__ == "__main__":
    main()
