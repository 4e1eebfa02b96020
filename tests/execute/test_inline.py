"""Every step ends once, after what it needs; a failed one blocks only those that need it."""

import random

import pytest
from toy_work import noted, toy_step, work

from isogloss.execute import agenda as agendas
from isogloss.execute.agenda import Agenda, grouped
from isogloss.execute.executor import Elsewhere, Ended, Outcome, Postponed, Progressed, Started
from isogloss.execute.inline import InlineExecutor


@pytest.fixture
def run(tmp_path):
    def run(*steps):
        return list(InlineExecutor().run(steps, lambda step: work(step, tmp_path)))

    return run


def outcomes(events) -> dict[str, Outcome]:
    ended = [event.outcome for event in events if isinstance(event, Ended)]
    assert len({outcome.step.key for outcome in ended}) == len(ended)
    return {outcome.step.title: outcome for outcome in ended}


def test_a_step_starts_comes_further_and_ends(run):
    step = toy_step("a")
    events = run(step)
    assert events[:3] == [Started(step, 0), Progressed(step, 1, 2, 0), Progressed(step, 2, 2, 0)]
    (ended,) = events[3:]
    assert (ended.outcome.step, ended.outcome.status) == (step, "done")
    assert ended.outcome.failure is None
    assert ended.outcome.seconds >= 0


def test_no_steps_are_no_events(run):
    assert run() == []


def test_a_step_that_another_has_done_is_found(run):
    assert outcomes(run(toy_step("a", found=True)))["a"].status == "found"


def test_a_need_that_is_not_among_the_steps_is_taken_as_finished(run):
    assert outcomes(run(toy_step("a", "ff")))["a"].status == "done"


@pytest.mark.parametrize(
    ("raises", "kind", "message"),
    [
        ("input", "input", "told"),
        ("run", "run", "told"),
        ("bug", "bug", "KeyError: 'told'"),
        ("memory", "run", "There was not enough memory. Lower training.max_tokens"),
        ("device memory", "run", "There was not enough memory. Lower training.max_tokens"),
        ("main memory", "run", "There was not enough memory. Lower training.max_tokens"),
    ],
)
def test_what_the_work_raises_is_a_failure_with_its_traceback(run, raises, kind, message):
    failure = outcomes(run(toy_step("a", raises=raises)))["a"].failure
    assert failure.kind == kind
    assert failure.message.startswith(message)
    assert "_misbehave" in failure.traceback
    assert failure.worker == 0


def test_a_library_that_exits_is_a_failure_not_the_end(run):
    ended = outcomes(run(toy_step("a", exits=True), toy_step("b")))
    assert (ended["a"].failure.kind, ended["b"].status) == ("bug", "done")


def test_a_failed_step_blocks_only_those_that_need_it(run, tmp_path):
    bad = toy_step("bad", raises="run")
    near = toy_step("near", bad)
    far = toy_step("far", near)
    ended = outcomes(run(bad, toy_step("other"), near, far))
    assert {name: outcome.status for name, outcome in ended.items()} == {
        "bad": "failed",
        "near": "blocked",
        "far": "blocked",
        "other": "done",
    }
    for name in ("near", "far"):
        assert ended[name].failure.kind == "run"
        assert bad.key in ended[name].failure.message
        assert ended[name].failure.message.endswith("told")
    assert set(noted(tmp_path, "begun")) == {"bad", "other"}


def test_the_rest_of_a_group_goes_on_when_a_part_is_blocked(run):
    bad = toy_step("bad", raises="run")
    train = toy_step("train", group="g")
    lost = toy_step("lost", train, bad, group="g")
    test = toy_step("test", train, group="g")
    ended = outcomes(run(bad, train, lost, test))
    assert [ended[name].status for name in ("train", "lost", "test")] == ["done", "blocked", "done"]


def test_a_group_is_done_together_and_in_order(run, tmp_path):
    data = toy_step("data")
    steps = [data]
    for name in "xy":
        train = toy_step(f"train-{name}", data, group=name)
        steps += [train, toy_step(f"test-{name}", train, group=name)]
    shuffled = [steps[0], steps[1], steps[3], steps[2], steps[4]]
    run(*shuffled)
    assert noted(tmp_path, "ended") == ["data", "train-x", "test-x", "train-y", "test-y"]


def test_groups_that_wait_for_each_other_are_done_step_by_step(run):
    a1 = toy_step("a1", group="a")
    b1 = toy_step("b1", a1, group="b")
    a2 = toy_step("a2", b1, group="a")
    free = [toy_step("c1", group="c"), toy_step("c2", group="c")]
    ended = outcomes(run(a1, b1, a2, *free))
    assert {outcome.status for outcome in ended.values()} == {"done"}
    assert grouped([a1, b1, a2, *free]) == [[a1], [a2], [b1], free]


def test_steps_in_a_wrong_order_are_refused(run):
    first = toy_step("first")
    with pytest.raises(ValueError, match="comes after one that needs it"):
        run(toy_step("second", first), first)


@pytest.mark.parametrize("seed", range(20))
def test_in_any_graph_every_step_ends_once_and_after_what_it_needs(seed):
    random_ = random.Random(seed)
    steps = []
    for number in range(60):
        needs = random_.sample(steps, min(len(steps), random_.randrange(4)))
        steps.append(toy_step(str(number), *needs, group=random_.choice(["", "a", "b", "c"])))
    bad = {step.key for step in random_.sample(steps, 5)}
    ended = {}

    def toy(step):
        assert all(ended[need] in {"done", "found"} for need in step.needs)
        yield from ()
        if step.key in bad:
            raise KeyError
        return random_.random() < 0.5

    for event in InlineExecutor().run(steps, toy):
        if isinstance(event, Ended):
            assert event.outcome.step.key not in ended
            ended[event.outcome.step.key] = event.outcome.status
    for step in steps:
        lost = any(ended[need] in {"failed", "blocked"} for need in step.needs)
        assert (ended[step.key] == "blocked") == lost
        assert step.key in ended


def test_a_very_large_plan_is_kept_account_of_in_one_go():
    """Quadratic book-keeping would take minutes here."""
    data = toy_step("data")
    steps = [data]
    for number in range(10_000):
        train = toy_step(f"train {number}", data, group=str(number))
        steps += [train, toy_step(f"test {number}", train, group=str(number))]
    agenda = Agenda(steps)
    taken = []
    while group := agenda.take():
        for step in group:
            taken.append(step)
            agenda.close(Outcome(step, "done"))
    assert taken == steps
    assert not agenda


def test_what_begins_the_heaviest_chain_is_taken_first():
    """A short step that much waits for comes before a longer one that nothing waits for."""
    short, teacher, long = toy_step("short"), toy_step("teacher"), toy_step("long")
    student = toy_step("student", teacher, group="g")
    test = toy_step("test", student, group="g")
    sizes = {"short": 1, "teacher": 2, "long": 5, "student": 3, "test": 1}
    agenda = Agenda([short, teacher, long, student, test], lambda step: sizes[step.title])
    taken = []
    while group := agenda.take():
        taken.append([step.title for step in group])
        for step in group:
            agenda.close(Outcome(step, "done"))
    assert taken == [["teacher"], ["long"], ["student", "test"], ["short"]]


def test_ctrl_c_passes_through_and_the_work_is_closed(tmp_path):
    def interrupted(step):
        yield from work(step, tmp_path)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(InlineExecutor().run([toy_step("a"), toy_step("b")], interrupted))
    assert noted(tmp_path, "begun") == ["a"]


def test_who_stops_listening_closes_the_work(tmp_path):
    events = InlineExecutor().run([toy_step("a"), toy_step("b")], lambda s: work(s, tmp_path))
    next(event for event in events if isinstance(event, Progressed))
    events.close()
    assert noted(tmp_path, "closed") == ["a"]
    assert noted(tmp_path, "ended") == []


# ---- steps that another command is at


def test_a_postponed_group_comes_back_when_it_has_rested(monkeypatch):
    monkeypatch.setattr(agendas, "LATER_SECONDS", 0.3)
    train = toy_step("train", group="g")
    steps = [train, toy_step("evaluate", train, group="g"), toy_step("other")]
    tries = []

    def busy_twice(step):
        tries.append(step.title)
        if step is train and tries.count("train") < 3:
            raise Elsewhere
        yield from ()
        return True

    events = list(InlineExecutor().run(steps, busy_twice))
    ended = [event.outcome.step.title for event in events if isinstance(event, Ended)]
    assert tries == ["train", "other", "train", "train", "evaluate"]
    assert ended == ["other", "train", "evaluate"]
    assert sum(isinstance(event, Postponed) for event in events) == 2


def test_an_agenda_on_which_nothing_can_begin_says_so():
    agenda = Agenda([toy_step("a")])
    assert agenda.take()
    with pytest.raises(RuntimeError, match="none can begin"):
        agenda.rest()


def test_who_rests_hears_that_the_run_is_to_stop(monkeypatch):
    agenda = Agenda([toy_step("a")])
    agenda.postpone(agenda.take())
    monkeypatch.setattr(agendas, "is_asked", lambda: True)
    with pytest.raises(KeyboardInterrupt):
        agenda.rest()
