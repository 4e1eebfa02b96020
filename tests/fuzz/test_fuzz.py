"""Whatever a file holds, it is read or refused: in one clear message, soon, in bounded memory."""

import re
import resource
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest
from fuzz_models import MODEL_TARGETS
from fuzz_store import STORE_TARGETS
from fuzz_targets import TARGETS, emptied
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isogloss.base.errors import InputError, RunError

FAST = 12
"""Inputs for each reader in the fast tier."""

PATIENCE_SECONDS = 60
"""An input that is not through by then hangs; on an idle machine it takes some milliseconds."""

MEMORY_MIB = 600
"""By how much the process may grow over all inputs of a reader."""

MOST_GIB = 3
"""Of addresses beyond those in use, over one reader: libraries reserve more than they use."""

LONGEST_LINE = 1500
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

ALL = (*TARGETS, *STORE_TARGETS, *MODEL_TARGETS)
TRIED: dict[str, int] = {}


@contextmanager
def patience():
    def give_up(*_):
        raise TimeoutError(f"not through after {PATIENCE_SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def little_memory():
    """Let this process have some GiB more and no others: who asks for all of it is told no."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MOST_GIB * 2**30, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def check_clear(message: str) -> None:
    assert message.strip()
    assert not CONTROL.search(message), repr(message)
    assert max(map(len, message.splitlines())) <= LONGEST_LINE, message
    assert "Traceback" not in message


def try_all(target, folder, n: int, tried: list[int]) -> None:
    # Hypothesis tries fewer where it has seen all there is; the count is of inputs really read.
    @settings(
        max_examples=n,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def reads_or_refuses(content):
        tried[0] += 1
        with patience():
            try:
                target.read(emptied(folder), content)
            except (InputError, RunError) as error:
                check_clear(str(error))

    with little_memory():
        reads_or_refuses()


@pytest.mark.parametrize("target", ALL, ids=lambda target: target.name)
def test_some_inputs_are_read_or_refused_in_one_clear_message(tmp_path, target):
    tried = [0]
    try_all(target, tmp_path / "input", FAST, tried)
    assert tried[0] >= FAST


@pytest.mark.slow
@pytest.mark.parametrize("target", ALL, ids=lambda target: target.name)
def test_many_inputs_are_read_or_refused_in_one_clear_message_and_bounded_memory(tmp_path, target):
    tried, before = [0], peak_mib()
    try_all(target, tmp_path / "input", target.weight, tried)
    TRIED[target.name] = tried[0]
    assert peak_mib() - before < MEMORY_MIB


@pytest.mark.slow
def test_at_least_twenty_thousand_inputs_were_tried(capsys):
    if len(TRIED) < len(ALL):
        pytest.skip("only some of the readers were fuzzed")
    with capsys.disabled():
        print(f"\nfuzzed: {sum(TRIED.values()):,} inputs on {len(TRIED)} readers")
        for name, n in TRIED.items():
            print(f"  {n:6,} {name}")
    assert sum(TRIED.values()) >= 20_000


def test_the_slow_tier_asks_for_twenty_thousand_inputs():
    assert sum(target.weight for target in ALL) >= 20_000


def test_a_reader_that_breaks_is_found(tmp_path):
    from fuzz_targets import Target

    def breaks(_, content):
        if len(content) > 3:
            raise KeyError(content)

    broken = Target("broken", st.binary(max_size=8), breaks)
    with pytest.raises(KeyError):
        try_all(broken, tmp_path / "input", 200, [0])
