"""A pool of a plug-in ends every step once, whatever happens in it."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest

from isogloss.base.errors import InputError
from isogloss.execute.executor import Elsewhere, Ended
from isogloss.execute.pool import PoolExecutor
from isogloss.plan.plan import Step


def step(name, *needs, group=""):
    return Step("toy", 1, {"name": name}, tuple(one.key for one in needs), {}, name, group)


A = step("a", group="g")
B = step("b", A, group="g")
C = step("c")
D = step("d", B)


def work(one):
    yield from ()
    if one.title == "b":
        raise ValueError("no b")
    return True


def ends(executor, steps, do=work):
    outcomes = [e.outcome for e in executor.run(steps, do) if isinstance(e, Ended)]
    return {one.step.title: one.status for one in outcomes}, outcomes


def one_thread(jobs):
    return ThreadPoolExecutor(jobs)


class Losing(Executor):
    """Loses the first task it is given, and breaks at the second submission."""

    def __init__(self):
        self.n = 0

    def submit(self, fn, /, *args, **kwargs):
        self.n += 1
        if self.n == 2:
            raise RuntimeError("cannot schedule")
        future = Future()
        if self.n == 1:
            future.set_exception(OSError("gone"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_each_step_ends_once_and_a_failure_blocks_what_needs_it(tmp_path):
    executor = PoolExecutor(tmp_path, one_thread, "threads", 1)
    states, outcomes = ends(executor, [A, B, C, D])
    assert states == {"a": "done", "b": "failed", "c": "done", "d": "blocked"}
    assert len(outcomes) == 4
    assert list(tmp_path.iterdir()) == []  # the sign is taken away


def test_what_a_pool_loses_has_crashed_and_the_rest_goes_on(tmp_path):
    executor = PoolExecutor(tmp_path, lambda jobs: Losing(), "losing", 1)
    states, outcomes = ends(executor, [A, C, step("e")])
    assert states == {"a": "failed", "c": "failed", "e": "done"}
    failures = [outcome.failure for outcome in outcomes if outcome.failure]
    assert [failure.kind for failure in failures] == ["crash", "crash"]
    assert {"gone" in failure.message for failure in failures} == {True, False}


def test_a_step_that_another_command_is_at_comes_later(tmp_path, monkeypatch):
    monkeypatch.setattr("isogloss.execute.agenda.LATER_SECONDS", 0.0)
    seen = []

    def busy_once(one):
        yield from ()
        seen.append(one.title)
        if seen.count("c") == 1 and one.title == "c":
            raise Elsewhere
        return True

    states, _ = ends(PoolExecutor(tmp_path, one_thread, "threads", 1), [C, A], busy_once)
    assert states == {"a": "done", "c": "done"}
    assert seen.count("c") == 2


@pytest.mark.parametrize(
    ("opens", "said"),
    [(lambda jobs: 1 / 0, "ZeroDivisionError"), (lambda jobs: 3, "opened int")],
)
def test_a_pool_that_cannot_be_opened_is_an_input_error(tmp_path, opens, said):
    with pytest.raises(InputError, match=said):
        list(PoolExecutor(tmp_path, opens, "bad", 1).run([A], work))
