"""Worker processes: whatever dies, the rest goes on, and nobody is left behind."""

import gc
import multiprocessing as mp
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from toy_work import noted, stored_work, toy_step, work

from isogloss.base.threads import available_cores
from isogloss.execute.executor import Ended, Postponed, Progressed, Started
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.processes import ProcessesExecutor
from isogloss.execute.stopping import listening
from isogloss.execute.worker import describe_death
from isogloss.store.store import Store

HERE = Path(__file__).parent
PATIENCE = 60.0


def until(condition, patience=PATIENCE):
    """Wait for what must come."""
    end = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return found


def is_running(pid: int) -> bool:
    """A zombie of a killed parent's child is not running; nobody may be there to reap it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    except ProcessLookupError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def workers_noted(folder: Path) -> set[int]:
    return {int(path.name.split()[3]) for path in folder.iterdir()}


@pytest.fixture
def run(notes, caplog):
    def run(*steps, jobs=2, threads=1):
        executor = ProcessesExecutor(jobs, threads)
        events = list(executor.run(steps, partial(work, folder=notes)))
        assert mp.active_children() == []
        assert not any(is_running(pid) for pid in workers_noted(notes))
        assert "did not stop" not in caplog.text
        gc.collect()  # a pipe left open would warn here, and a warning is an error
        return events

    return run


def outcomes(events):
    ended = [event.outcome for event in events if isinstance(event, Ended)]
    assert len({outcome.step.key for outcome in ended}) == len(ended)
    return {outcome.step.title: outcome for outcome in ended}


def statuses(events):
    return {name: outcome.status for name, outcome in outcomes(events).items()}


def graph():
    """Two groups, one of which fails in part, on common data."""
    data = toy_step("data", group="data")
    steps = [data]
    for name in "xy":
        train = toy_step(f"train-{name}", data, group=name)
        bad = toy_step(f"bad-{name}", train, group=name, raises="bug")
        lost = toy_step(f"lost-{name}", bad, group=name)
        test = toy_step(f"test-{name}", train, group=name, found=name == "x")
        steps += [train, bad, lost, test]
    return steps


def test_the_outcomes_are_those_of_one_process(run, notes, tmp_path):
    (tmp_path / "inline").mkdir()
    inline = InlineExecutor().run(graph(), partial(work, folder=tmp_path / "inline"))
    events = run(*graph())
    assert statuses(events) == statuses(inline)
    assert set(statuses(events).values()) == {"done", "found", "failed", "blocked"}
    assert outcomes(events)["bad-x"].failure.kind == "bug"
    assert "_misbehave" in outcomes(events)["bad-x"].failure.traceback
    assert Counter(noted(notes, "ended")) == Counter(noted(tmp_path / "inline", "ended"))


def test_a_group_stays_with_one_worker_and_in_order(run, notes):
    run(*graph())
    for name in "xy":
        pids = {
            p.name.split()[3] for p in notes.iterdir() if p.name.split()[1].endswith(f"-{name}")
        }
        assert len(pids) == 1
        begun = [word for word in noted(notes, "begun") if word.endswith(f"-{name}")]
        assert begun == [f"train-{name}", f"bad-{name}", f"test-{name}"]
    assert os.getpid() not in workers_noted(notes)


def test_each_step_starts_then_comes_further_then_ends(run):
    step = toy_step("a")
    started, *further, ended = run(step)
    assert started == Started(step, 0)
    assert further == [Progressed(step, 1, 2, 0), Progressed(step, 2, 2, 0)]
    assert ended.outcome.step == step


def test_two_groups_run_at_the_same_time(run, notes):
    """Each would wait for the other for ever if they ran one after the other."""
    events = run(toy_step("a", meets="b"), toy_step("b", meets="a"))
    assert statuses(events) == {"a": "done", "b": "done"}
    assert len(workers_noted(notes)) == 2


def test_no_more_workers_than_groups_are_started(run, notes):
    run(toy_step("a", group="g"), toy_step("b", group="g"), jobs=8)
    assert len(workers_noted(notes)) == 1


def test_no_steps_start_no_worker(run):
    assert run() == []


@pytest.mark.parametrize(("jobs", "threads"), [(1, None), (2, None), (1000, None), (2, 3)])
def test_workers_share_the_cores_and_find_their_threads_set(run, notes, monkeypatch, jobs, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", "77")
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
    run(toy_step("a", environment=[*names, "TOKENIZERS_PARALLELISM"]), jobs=jobs, threads=threads)
    want = threads or max(1, available_cores() // jobs)
    assert [noted(notes, name) for name in names] == [[str(want)]] * 3
    assert noted(notes, "TOKENIZERS_PARALLELISM") == ["true" if want > 1 else "false"]
    assert os.environ["OMP_NUM_THREADS"] == "77"
    assert "TOKENIZERS_PARALLELISM" not in os.environ


def test_who_asked_for_one_thread_gets_one(run, notes, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    run(toy_step("a", environment=["OMP_NUM_THREADS"]), jobs=1, threads=None)
    assert noted(notes, "OMP_NUM_THREADS") == ["1"]


def test_each_worker_sees_one_of_several_gpus(run, notes, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    pair = [toy_step(name, environment=["CUDA_VISIBLE_DEVICES"], meets=other)
            for name, other in (("a", "b"), ("b", "a"))]  # fmt: skip
    run(*pair)
    assert set(noted(notes, "CUDA_VISIBLE_DEVICES")) == {"3", "5"}
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3,5"


def test_one_gpu_is_left_as_it_is(run, notes, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    run(toy_step("a", environment=["CUDA_VISIBLE_DEVICES"]))
    assert noted(notes, "CUDA_VISIBLE_DEVICES") == ["7"]


def test_workers_keep_memory_unless_a_person_has_said_how(run, notes, monkeypatch):
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    run(toy_step("a", environment=["GLIBC_TUNABLES"]))
    assert "glibc.malloc.trim_threshold" in noted(notes, "GLIBC_TUNABLES")[0]
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=2")
    run(toy_step("b", environment=["GLIBC_TUNABLES"]))
    assert noted(notes, "GLIBC_TUNABLES")[1] == "glibc.malloc.arena_max=2"


# ---- workers that die


def test_a_step_whose_worker_was_killed_is_tried_again_in_a_fresh_one(run, notes, caplog):
    events = run(toy_step("a", dies=1), toy_step("b"))
    assert statuses(events) == {"a": "done", "b": "done"}
    assert noted(notes, "begun").count("a") == 2
    starts = [event for event in events if isinstance(event, Started) and event.step.title == "a"]
    assert len(starts) == 2
    assert "tried again" in caplog.text


def test_a_step_that_kills_two_workers_has_failed_and_the_rest_goes_on(run, notes):
    bad = toy_step("bad", dies=9, group="g")
    lost = toy_step("lost", bad, group="g")
    rest = toy_step("rest", group="g")
    events = run(bad, lost, rest, toy_step("sibling"))
    assert statuses(events) == {
        "bad": "failed",
        "lost": "blocked",
        "rest": "done",
        "sibling": "done",
    }
    failure = outcomes(events)["bad"].failure
    assert (failure.kind, failure.worker) == ("crash", 0)
    assert "killed by signal 9 (SIGKILL): out of memory" in failure.message
    assert "2 workers died of it" in failure.message
    assert noted(notes, "begun").count("bad") == 2


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ({"dies": 9, "signal": signal.SIGSEGV}, "signal 11 (SIGSEGV): a fault in native code"),
        ({"dies": 9, "signal": signal.SIGABRT}, "signal 6 (SIGABRT): native code gave up"),
        ({"leaves": 7}, "exit code 7"),
        ({"leaves": 0}, "exit code 0"),
    ],
    ids=["segfault", "abort", "exit", "silent exit"],
)
def test_every_way_to_die_is_named(run, does, words):
    events = run(toy_step("bad", group="g", **does), toy_step("rest", group="g"))
    assert statuses(events) == {"bad": "failed", "rest": "done"}
    assert words in outcomes(events)["bad"].failure.message


def test_a_death_by_an_unknown_signal_is_described():
    assert "signal 99 (unknown)" in describe_death(-99)


def test_a_worker_killed_from_outside_is_replaced(notes):
    step = toy_step("a", seconds=30, once=True)
    threading.Thread(target=_kill_first, args=(notes, "a")).start()
    executor = ProcessesExecutor(1, 1)
    events = list(executor.run([step, toy_step("b")], partial(work, folder=notes)))
    assert statuses(events) == {"a": "done", "b": "done"}
    assert len(workers_noted(notes)) == 2


def _kill_first(notes, name):
    until(lambda: name in noted(notes, "begun"))
    os.kill(min(workers_noted(notes)), signal.SIGKILL)


def test_a_worker_that_dies_while_the_run_stops_is_not_replaced(notes, caplog):
    threading.Thread(target=_stop_and_kill, args=(notes,)).start()
    executor = ProcessesExecutor(1, 1)
    with listening(), pytest.raises(KeyboardInterrupt):
        list(executor.run([toy_step("a", seconds=30)], partial(work, folder=notes)))
    assert "tried again" not in caplog.text
    assert noted(notes, "begun") == ["a"]


def _stop_and_kill(notes):
    until(lambda: "a" in noted(notes, "begun"))
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(min(workers_noted(notes)), signal.SIGKILL)


def test_who_is_forked_by_a_worker_can_be_ended_with_sigterm():
    """Pools of a library end theirs so, and wait for it."""
    lines = (
        "import os, signal, time",
        "from multiprocessing import get_context",
        "from isogloss.execute.worker import _hear_the_parent_alone",
        "_hear_the_parent_alone()",
        "os.kill(os.getpid(), signal.SIGTERM)",
        "os.kill(os.getpid(), signal.SIGINT)",
        "fork = get_context('fork')",
        "begun = fork.Event()",
        "child = fork.Process(target=lambda: (begun.set(), time.sleep(60)))",
        "child.start()",
        "begun.wait()",
        "child.terminate()",
        "child.join()",
        "print(child.exitcode)",
    )
    command = [sys.executable, "-c", "\n".join(lines)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert int(ended.stdout) == -signal.SIGTERM


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_death_is_seen_even_if_a_grandchild_keeps_the_pipe_open(run, notes):
    assert statuses(run(toy_step("a", grandchild=True))) == {"a": "done"}
    (grandchild,) = noted(notes, "grandchild")
    assert is_running(int(grandchild))
    os.kill(int(grandchild), signal.SIGKILL)


def test_work_that_cannot_be_imported_fails_each_step_with_its_reason(notes):
    lost = partial(work, folder=Unloadable())
    events = list(ProcessesExecutor(1, 1).run([toy_step("a"), toy_step("b")], lost))
    assert statuses(events) == {"a": "failed", "b": "failed"}
    assert "cannot be loaded there" in outcomes(events)["a"].failure.message


class Unloadable:
    def __reduce__(self):
        return (eval, ("(_ for _ in ()).throw(ImportError('cannot be loaded there'))",))


# ---- the parent goes


def test_who_stops_listening_stops_the_workers_and_closes_their_work(notes):
    steps = [toy_step("a", seconds=60), toy_step("b", seconds=60)]
    events = ProcessesExecutor(2, 1).run(steps, partial(work, folder=notes))
    for event in events:
        if isinstance(event, Progressed) and len(noted(notes, "begun")) == 2:
            break
    events.close()
    assert mp.active_children() == []
    assert sorted(noted(notes, "closed")) == ["a", "b"]
    assert noted(notes, "ended") == []


def start(tmp_path, *lines):
    """Run a program of its own that runs steps."""
    script = tmp_path / "program.py"
    head = [
        "import os, sys, time",
        "from functools import partial",
        "from pathlib import Path",
        "from toy_work import met_work, stored_work, toy_step, work",
        "from isogloss.execute.executor import Ended, Progressed",
        "from isogloss.execute.processes import ProcessesExecutor",
        "if __name__ == '__main__':",
    ]
    script.write_text("\n".join([*head, *(f"    {line}" for line in lines)]) + "\n")
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(script)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def two_endless_steps(notes):
    return (
        "steps = [toy_step('a', seconds=600), toy_step('b', seconds=600)]",
        f"toil = partial(work, folder=Path({str(notes)!r}))",
        "for event in ProcessesExecutor(2).run(steps, toil):",
        "    pass",
    )


def test_workers_do_not_outlive_a_killed_parent(tmp_path, notes):
    program = start(tmp_path, *two_endless_steps(notes))
    until(lambda: len(noted(notes, "begun")) == 2)
    workers = workers_noted(notes)
    assert all(is_running(pid) for pid in workers)
    program.kill()
    program.communicate()
    until(lambda: not any(is_running(pid) for pid in workers))


@pytest.mark.parametrize("who", ["parent", "all"])
def test_ctrl_c_stops_the_workers_and_passes_on(tmp_path, notes, who):
    """A terminal interrupts every process of the group."""
    program = start(tmp_path, *two_endless_steps(notes))
    until(lambda: len(noted(notes, "begun")) == 2)
    if who == "all":
        os.killpg(program.pid, signal.SIGINT)
    else:
        program.send_signal(signal.SIGINT)
    _, words = program.communicate(timeout=PATIENCE)
    assert words.rstrip().endswith("KeyboardInterrupt")
    assert words.count("Traceback") == 1
    assert not any(is_running(pid) for pid in workers_noted(notes))
    assert sorted(noted(notes, "closed")) == ["a", "b"]


def test_a_parent_that_forgets_its_workers_still_ends(tmp_path, notes):
    program = start(
        tmp_path,
        "steps = [toy_step('a', seconds=600)]",
        f"events = ProcessesExecutor(1).run(steps, partial(work, folder=Path({str(notes)!r})))",
        "kept = [events]",
        "kept.append(kept)",
        "next(event for event in events if isinstance(event, Progressed))",
        "sys.exit(5)",
    )
    _, words = program.communicate(timeout=PATIENCE)
    assert program.returncode == 5, words
    assert noted(notes, "begun") == ["a"]
    assert not any(is_running(pid) for pid in workers_noted(notes))


# ---- two runs on one store


def test_two_runs_on_one_store_make_each_step_once(tmp_path, notes):
    steps = [toy_step(str(number), seconds=0.02) for number in range(12)]
    lines = (
        "steps = [toy_step(str(number), seconds=0.02) for number in range(12)]",
        f"work = partial(stored_work, root=Path({str(tmp_path / 'store')!r}),"
        f" folder=Path({str(notes)!r}))",
        "for event in ProcessesExecutor(2).run(steps, work):",
        "    if isinstance(event, Ended):",
        "        print(event.outcome.step.title, event.outcome.status)",
    )
    programs = [start(tmp_path, *lines) for _ in range(2)]
    told = []
    for program in programs:
        words, errors = program.communicate(timeout=PATIENCE)
        assert program.returncode == 0, errors
        told += [tuple(line.split()) for line in words.splitlines()]
    store = Store(tmp_path / "store")
    assert store.keys() == tuple(sorted(step.key for step in steps))
    assert sorted(noted(notes, "made")) == sorted(step.title for step in steps)
    assert Counter(told) == Counter((step.title, s) for step in steps for s in ("done", "found"))


def test_what_another_run_is_at_is_left_for_later_and_the_rest_goes_on(tmp_path, notes):
    """With one worker, so that waiting for the first step would keep it from all others."""
    first, *others = steps = [toy_step("a", group="g"), toy_step("b"), toy_step("c")]
    steps.append(toy_step("d", first, group="g"))
    toil = partial(stored_work, root=tmp_path / "store", folder=notes)
    ended, postponed = [], []
    with ExitStack() as held:
        held.enter_context(Store(tmp_path / "store").claim(first.key))
        for event in ProcessesExecutor(1, 1).run(steps, toil):
            if isinstance(event, Postponed):
                postponed.append(event.step.title)
            if isinstance(event, Ended):
                ended.append(event.outcome.step.title)
                if len(ended) == len(others):
                    held.close()
    assert ended == ["b", "c", "a", "d"]
    assert set(postponed) == {"a"}


def test_runs_on_one_store_work_side_by_side(tmp_path, notes):
    """Each step waits until two have begun: a run that waited for the other's would never end."""
    lines = (
        "steps = [toy_step('a', meets='b'), toy_step('b', meets='a')]",
        f"work = partial(met_work, root=Path({str(tmp_path / 'store')!r}),"
        f" folder=Path({str(notes)!r}))",
        "list(ProcessesExecutor(1).run(steps, work))",
    )
    programs = [start(tmp_path, *lines) for _ in range(2)]
    for program in programs:
        _, errors = program.communicate(timeout=PATIENCE)
        assert program.returncode == 0, errors
    assert len(Store(tmp_path / "store").keys()) == 2


def test_who_waits_for_a_killed_run_takes_its_step_over(tmp_path, notes):
    """The system frees a dead process's claim."""
    lines = (
        "steps = [toy_step('a', seconds=600)]",
        f"work = partial(stored_work, root=Path({str(tmp_path / 'store')!r}),"
        f" folder=Path({str(notes)!r}))",
        "list(ProcessesExecutor(1).run(steps, work))",
    )
    program = start(tmp_path, *lines)
    until(lambda: noted(notes, "made"))
    store = Store(tmp_path / "store")
    key = toy_step("a", seconds=600).key
    with store.claim(key, wait=False) as mine:
        assert not mine
    program.kill()
    program.communicate()
    with store.claim(key, wait=True) as mine:
        assert mine
        assert key not in store


def test_a_stored_step_is_found_by_the_next_run(tmp_path, notes):
    steps = [toy_step("a"), toy_step("b")]
    toil = partial(stored_work, root=tmp_path / "store", folder=notes)
    executor = ProcessesExecutor(1, 1)
    assert set(statuses(executor.run(steps, toil)).values()) == {"done"}
    assert set(statuses(executor.run(steps, toil)).values()) == {"found"}
