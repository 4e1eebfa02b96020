"""Ray clusters: the events of workers here, machines that die, stores that are not shared."""

import os
import signal
import subprocess
import sys
from collections import deque
from functools import partial
from pathlib import Path
from threading import Timer

import pytest
from toy_work import noted, patient_work, stored_work, toy_step, work

from isogloss.base.errors import InputError, RunError
from isogloss.execute import ray_cluster
from isogloss.execute.agenda import Agenda
from isogloss.execute.executor import Ended, Progressed, Started
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.needs import Needs
from isogloss.execute.ray_cluster import RayExecutor, _Shift, _Task
from isogloss.execute.read import read_data
from isogloss.execute.run import run_plan
from isogloss.execute.shared import Stopped, leave_sign, work_while_signed
from isogloss.execute.stopping import listening
from isogloss.plan.build import build_plan
from isogloss.plan.pins import pin_study
from isogloss.plan.plan import Step
from isogloss.store.store import Store
from isogloss.study.load import load_study
from toys import write_toy

HERE = Path(__file__).parent
SMALL = 80 * 2**20


@pytest.fixture(scope="module")
def cluster():
    """Two machines, as Ray sees them: one with one core, where the command is, one with two."""
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    utils = pytest.importorskip("ray.cluster_utils")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    made = utils.Cluster()
    made.add_node(num_cpus=1, object_store_memory=SMALL, include_dashboard=False)
    made.add_node(num_cpus=2, object_store_memory=SMALL, resources={"second": 1})
    ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def run(cluster, notes, tmp_path):
    """Run toy steps; needs are what a step is given."""

    def go(*steps, does=work, needs=None, **more):
        executor = RayExecutor(tmp_path, needs or Needs())
        return list(executor.run(steps, partial(does, folder=notes, **more)))

    return go


def statuses(events):
    return {one.outcome.step.title: one.outcome.status for one in events if isinstance(one, Ended)}


@pytest.mark.slow
class TestOnACluster:
    """One cluster for all: to start one takes seconds."""

    def test_steps_run_after_what_they_need_and_tell_how_far_they_are(self, run, notes, tmp_path):
        first = toy_step("a")
        events = run(first, toy_step("b", first, seconds=1))
        assert statuses(events) == {"a": "done", "b": "done"}
        assert noted(notes, "ended") == ["a", "b"]
        assert [type(one) for one in events if one.__class__ is not Progressed].count(Started) == 2
        assert any(isinstance(one, Progressed) and one.total == 2 for one in events)
        assert not list(tmp_path.glob(".sent-from-*"))

    def test_groups_run_side_by_side_and_a_group_in_one_worker(self, run):
        met = [toy_step("a", meets="b"), toy_step("b", meets="a")]
        assert set(statuses(run(*met)).values()) == {"done"}
        events = run(toy_step("c", group="g"), toy_step("d", group="g"))
        assert len({one.worker for one in events if isinstance(one, Started)}) == 1

    @pytest.mark.parametrize(("raises", "kind"), [("input", "input"), ("bug", "bug")])
    def test_a_failed_step_blocks_what_needs_it_and_nothing_else(self, run, raises, kind):
        bad = toy_step("bad", raises=raises, group="g")
        after = toy_step("after", bad, group="g")
        last = toy_step("last", after)
        events = run(bad, after, last, toy_step("other", group="g"))
        assert statuses(events) == {
            "bad": "failed", "after": "blocked", "last": "blocked", "other": "done",
        }  # fmt: skip
        (failure,) = (e.outcome.failure for e in events if _ended(e, "bad"))
        assert failure.kind == kind
        assert "told" in failure.message

    def test_a_worker_that_dies_is_replaced_and_one_that_always_dies_fails(self, run, notes):
        events = run(toy_step("once", dies=1, group="g"), toy_step("then", group="g"))
        assert statuses(events) == {"once": "done", "then": "done"}
        assert noted(notes, "begun") == ["once", "once", "then"]
        doomed = toy_step("doomed", dies=99)
        events = run(doomed, toy_step("needs", doomed), toy_step("other"))
        assert statuses(events) == {"doomed": "failed", "needs": "blocked", "other": "done"}
        (failure,) = (e.outcome.failure for e in events if _ended(e, "doomed"))
        assert failure.kind == "crash"
        assert "3 workers were lost" in failure.message

    def test_workers_find_their_threads_set(self, run, notes):
        run(toy_step("a", environment=["OMP_NUM_THREADS", "GLIBC_TUNABLES"]), needs=Needs(cpus=2))
        assert noted(notes, "OMP_NUM_THREADS") == ["2"]
        assert "trim_threshold" in noted(notes, "GLIBC_TUNABLES")[0]

    def test_a_machine_that_is_lost_in_mid_study_loses_nothing(self, cluster, run, notes, tmp_path):
        """The machine that has two cores is killed once it works; its steps are done again."""
        lost = cluster.add_node(num_cpus=2, object_store_memory=SMALL, resources={"third": 1})
        store = Store(tmp_path)
        steps = [toy_step(f"s{n}", seconds=2) for n in range(8)]
        executor = RayExecutor(tmp_path, Needs())
        work = partial(stored_work, root=tmp_path, folder=notes)
        events = []
        for event in executor.run(steps, work):
            events.append(event)
            if lost and len(noted(notes, "made")) >= 5:
                cluster.remove_node(lost, allow_graceful=False)
                lost = None
        assert lost is None
        assert set(statuses(events).values()) <= {"done", "found"}
        assert set(store.keys()) == {step.key for step in steps}
        assert len(noted(notes, "made")) > len(steps)

    def test_what_nobody_has_is_said_and_waits(self, run, cluster, caplog):
        cluster.add_node(num_cpus=5, object_store_memory=SMALL)
        assert set(statuses(run(toy_step("a"), needs=Needs(cpus=4))).values()) == {"done"}
        assert "No machine" not in caplog.text
        executor = RayExecutor(Path.cwd(), Needs(cpus=64))
        events = executor.run([toy_step("b")], partial(work, folder=Path.cwd()))
        Timer(3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        with listening(), pytest.raises(KeyboardInterrupt):
            next(events)
        assert "No machine of the cluster has 64 cores" in caplog.text

    def test_a_study_whose_machine_is_lost_has_the_unbroken_run_s_results(self, cluster, tmp_path):
        """A toy study on two machines; the second one goes while it trains."""
        study = load_study(write_toy(tmp_path))
        plan = build_plan(study, pin_study(study))
        whole, spread = Store(tmp_path / "whole"), Store(tmp_path / "spread")
        for store in (whole, spread):
            read_data(plan, store)
        steps = [step for step in plan if step.kind != "data"]
        for event in run_plan(steps, whole, InlineExecutor()):
            assert not (isinstance(event, Ended) and event.outcome.failure)
        lost = cluster.add_node(num_cpus=2, object_store_memory=SMALL)
        ended = {}
        for event in run_plan(steps, spread, RayExecutor(spread.root, Needs())):
            if isinstance(event, Ended):
                ended[event.outcome.step.key] = event.outcome.status
            if lost and isinstance(event, Started) and event.step.kind == "train":
                cluster.remove_node(lost, allow_graceful=False)
                lost = None
        assert lost is None
        assert set(ended) == {step.key for step in steps}
        assert set(ended.values()) <= {"done", "found"}
        for step in plan.of_kind("evaluate"):
            one, other = (store.folder(step.key) for store in (whole, spread))
            for path in one.glob("*.parquet"):
                assert path.read_bytes() == (other / path.name).read_bytes()


COMMAND = """
import sys
from functools import partial
from pathlib import Path
sys.path.insert(0, {here!r})
from toy_work import patient_work, toy_step
from isogloss.execute import ray_cluster
from isogloss.execute.needs import Needs
from isogloss.execute.stopping import listening, until_asked
ray_cluster._GRACE_SECONDS = 0.0
notes = Path(sys.argv[1])
executor = ray_cluster.RayExecutor(notes.parent, Needs())
with listening():
    for event in until_asked(executor.run([toy_step("a")], partial(patient_work, folder=notes))):
        print(type(event).__name__, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_work_and_stops_the_cluster_that_was_started(notes, number):
    pytest.importorskip("ray", reason="Ray is not installed")
    command = [sys.executable, "-c", COMMAND.format(here=str(HERE)), str(notes)]
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdout=pipe, stderr=pipe, text=True) as running:
        while (line := running.stdout.readline()).strip() != "Progressed":
            assert line, running.stderr.read()
        running.send_signal(number)
        assert "KeyboardInterrupt" in running.communicate(timeout=120)[1]
    assert noted(notes, "closed") == ["a"]
    assert not noted(notes, "ended")


class Streams:
    """As much of Ray as a shift needs that waits: each stream tells nothing for so many looks."""

    class exceptions:
        RayError = RuntimeError

    def __init__(self, *looks, interrupted_at=None):
        self.left = dict(enumerate(looks))
        self.interrupted_at = interrupted_at
        self.looks, self.cancelled = 0, []

    def put(self, work):
        return work

    def remote(self, function):
        return function

    def wait(self, streams, **_):
        self.looks += 1
        if self.looks == self.interrupted_at:
            os.kill(os.getpid(), signal.SIGINT)
        self.left = {stream: looks - 1 for stream, looks in self.left.items()}
        return [stream for stream in streams if self.left[int(stream)] <= 0][:1], []

    def get(self, stream):
        raise StopIteration

    def cancel(self, stream, *, force):
        assert force
        self.cancelled.append(int(stream))


class Stream(int):
    """What Ray gives for a task, named by its place."""

    def __next__(self):
        return self


def stopping(ray, begun):
    """A shift whose tasks have, or have not, begun, without patience of its own."""
    shift = _Shift(ray, Agenda([]), Needs(), work)
    for place, has in enumerate(begun):
        step = toy_step(str(place))
        shift._tasks[Stream(place)] = _Task(place, deque([step]), step if has else None)
    return shift


@pytest.fixture
def no_grace(monkeypatch):
    monkeypatch.setattr(ray_cluster, "_GRACE_SECONDS", 0.0)


def asked(times):
    """Ask the run to stop, once or twice."""
    for _ in range(times):
        os.kill(os.getpid(), signal.SIGINT)


def test_asked_once_it_waits_for_what_has_begun_as_long_as_that_takes(no_grace):
    ray = Streams(30, 20)
    with listening():
        asked(1)
        stopping(ray, [True, True]).stop()
    assert (ray.looks, ray.cancelled) == (30, [])


def test_asked_once_it_does_not_wait_for_what_may_never_begin(no_grace):
    ray = Streams(20, 10**9)
    with listening():
        asked(1)
        stopping(ray, [True, False]).stop()
    assert (ray.looks, ray.cancelled) == (20, [1])


def test_asked_again_while_it_waits_it_ends_the_workers_at_once(no_grace):
    ray = Streams(10**9, interrupted_at=5)
    with listening():
        asked(1)
        with pytest.raises(KeyboardInterrupt):
            stopping(ray, [True]).stop()
    assert (ray.looks, ray.cancelled) == (5, [0])


def test_asked_twice_it_does_not_wait_at_all():
    ray = Streams(10**9)
    with listening():
        with pytest.raises(KeyboardInterrupt):
            asked(2)
        stopping(ray, [True]).stop()
    assert (ray.looks, ray.cancelled) == (0, [0])


def test_unasked_it_waits_a_moment_only(no_grace):
    ray = Streams(10**9)
    stopping(ray, [True]).stop()
    assert (ray.looks, ray.cancelled) == (0, [0])


class Refusing:
    """A Ray that takes SIGTERM for itself and cannot start."""

    @staticmethod
    def is_initialized():
        return False

    @staticmethod
    def init(*_, **__):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(15))
        raise Exception("The node timed out\n during startup.")


def test_a_cluster_that_cannot_be_started_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", Refusing)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(RunError, match=r"could not start .*: The node timed out during startup\."):
        list(RayExecutor(tmp_path, Needs()).run([toy_step("a")], work))
    assert signal.getsignal(signal.SIGTERM) == before, "what it means is ours to say"


def test_a_store_that_is_not_shared_is_refused(tmp_path):
    """What the worker of another machine sees: a folder without the sign."""
    done = []

    def work(step):
        yield from ()
        done.append(step)
        return True

    sign = leave_sign(tmp_path)
    assert [*_made(work_while_signed(toy_step("a"), work, sign))] == [True]
    with pytest.raises(RunError, match="is not the folder that the command sees"):
        [*_made(work_while_signed(toy_step("a"), work, tmp_path / "other" / sign.name))]
    assert len(done) == 1


def test_who_takes_the_sign_away_stops_the_work(tmp_path, notes):
    sign = leave_sign(tmp_path)
    doing = work_while_signed(toy_step("a"), partial(patient_work, folder=notes), sign)
    next(doing)
    sign.unlink()
    with pytest.raises(Stopped):
        for _ in doing:
            pass
    assert noted(notes, "closed") == ["a"]


def _made(doing):
    """What it returns, at the end."""
    yield (yield from doing)


def _ended(event, title):
    return isinstance(event, Ended) and event.outcome.step.title == title


def test_no_steps_start_no_cluster(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert list(RayExecutor(tmp_path, Needs()).run([], work)) == []


def test_without_ray_the_word_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'isogloss\[ray\]'"):
        list(RayExecutor(tmp_path, Needs()).run([toy_step("a")], work))


def test_a_client_s_address_is_refused(tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed")
    executor = RayExecutor(tmp_path, Needs(), "ray://somewhere:10001")
    with pytest.raises(InputError, match="--cluster auto"):
        list(executor.run([toy_step("a")], work))


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"cpus": 0}, "--cpus is 0"),
        ({"gpus": -1}, "--gpus is -1"),
        ({"gpus": 1.5}, "whole GPUs, or a share of one"),
        ({"memory_gb": float("nan")}, "--memory is nan"),
    ],
)
def test_needs_that_cannot_be(asked, word):
    with pytest.raises(InputError, match=word):
        Needs(**asked)


def test_only_models_are_given_a_gpu():
    needs = Needs(cpus=2, gpus=0.25, memory_gb=3)
    read, train = Step("prepare", 1, {}), Step("train", 1, {})
    assert needs.of([read]) == Needs(2, 0, 3)
    assert needs.of([read, train]) == needs
