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
    """Loses each task that has a step of some title, as often as is told; takes none of another."""

    def __init__(self, title, times, refused=""):
        self.title, self.left, self.refused = title, times, refused
        self.given = []

    def submit(self, fn, /, steps, work):
        titles = [one.title for one in steps]
        self.given.append(titles)
        if self.refused in titles:
            raise RuntimeError("cannot schedule")
        future = Future()
        if self.title in titles and self.left:
            self.left -= 1
            future.set_exception(OSError("gone"))
        else:
            future.set_result(fn(steps, work))
        return future


def test_each_step_ends_once_and_a_failure_blocks_what_needs_it(tmp_path):
    executor = PoolExecutor(tmp_path, one_thread, "threads", 1)
    states, outcomes = ends(executor, [A, B, C, D])
    assert states == {"a": "done", "b": "failed", "c": "done", "d": "blocked"}
    assert len(outcomes) == 4
    assert list(tmp_path.iterdir()) == []  # the sign is taken away


def test_what_a_pool_loses_has_crashed_and_the_rest_goes_on(tmp_path):
    pool = Losing("a", 9, refused="c")
    executor = PoolExecutor(tmp_path, lambda jobs: pool, "losing", 1)
    states, outcomes = ends(executor, [A, C, step("e")])
    assert states == {"a": "failed", "c": "failed", "e": "done"}
    assert pool.given.count(["a"]) == 3
    failures = [outcome.failure for outcome in outcomes if outcome.failure]
    assert [failure.kind for failure in failures] == ["crash", "crash"]
    assert {"gone" in failure.message for failure in failures} == {True, False}


@pytest.mark.parametrize("times", [1, 2])
def test_what_a_pool_loses_now_and_then_is_done_again(tmp_path, times):
    pool = Losing("a", times)
    states, _ = ends(PoolExecutor(tmp_path, lambda jobs: pool, "losing", 1), [A, C])
    assert states == {"a": "done", "c": "done"}


def test_of_a_group_that_is_lost_again_and_again_the_step_it_dies_of_has_failed(tmp_path):
    pool = Losing("second", 99)
    executor = PoolExecutor(tmp_path, lambda jobs: pool, "losing", 1)
    first = step("first", group="h")
    tests = [step(name, first, group="h") for name in ("second", "third")]
    states, _ = ends(executor, [first, *tests])
    assert states == {"first": "done", "second": "failed", "third": "done"}
    assert pool.given[0] == ["first", "second", "third"]


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
