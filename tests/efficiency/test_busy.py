"""Who else uses the processor: the system's accounts, less what we and our children used."""

import os

import pytest

from isogloss.efficiency import busy
from isogloss.efficiency.busy import Used, noise_of, others_share, read_used

TICKS = os.sysconf("SC_CLK_TCK")


def fake_proc(folder, *, cores, children=()):
    """Each core: ticks of user, nice, system, idle, iowait, irq, softirq, steal, guest."""
    lines = ["cpu 1 2 3 4 5 6 7 8 9 0"]
    lines += [f"cpu{at} " + " ".join(map(str, core)) + " 0" for at, core in enumerate(cores)]
    folder.mkdir(exist_ok=True)
    (folder / "stat").write_text("\n".join([*lines, "intr 1 2 3", ""]))
    for pid, ticks in children:
        (folder / str(pid)).mkdir(exist_ok=True)
        before = " ".join(["0"] * 10)
        (folder / str(pid) / "stat").write_text(
            f"{pid} (odd) name) S {before} {' '.join(map(str, ticks))} 20 0"
        )
    return folder


@pytest.fixture
def two_of_three_cores(monkeypatch):
    monkeypatch.setattr(busy, "allowed_cores", lambda: [0, 2])
    still = os.times_result((0.0, 0.0, 0.0, 0.0, 0.0))
    monkeypatch.setattr(busy.os, "times", lambda: still)


def test_only_our_cores_and_only_work_count(tmp_path, two_of_three_cores, clock):
    core = [100, 10, 20, 9999, 500, 1, 2, 3, 77]
    other = [100000] * 9
    used = read_used([], clock=clock, proc=fake_proc(tmp_path / "p", cores=[core, other, core]))
    assert used.cores == 2
    assert used.everyone == pytest.approx(2 * (100 + 10 + 20 + 1 + 2 + 3) / TICKS)


def test_what_our_children_use_is_not_others(tmp_path, two_of_three_cores, clock):
    proc = tmp_path / "p"
    idle = [0] * 9
    fake_proc(proc, cores=[idle, idle, idle], children=[(7, (0, 0, 0, 0))])
    before = read_used([7], clock=clock, proc=proc)
    clock.pass_by(10.0)
    core = [5 * TICKS, 0, TICKS, 0, 0, 0, 0, 0, 0]
    children = [(7, (4 * TICKS, TICKS, TICKS, 0))]
    fake_proc(proc, cores=[core, core, core], children=children)
    after = read_used([7], clock=clock, proc=proc)
    assert after.ours - before.ours == pytest.approx(6.0)
    assert others_share(before, after) == pytest.approx((12.0 - 6.0) / 20.0)


def test_a_child_that_is_gone_breaks_nothing(tmp_path, two_of_three_cores, clock):
    proc = fake_proc(tmp_path / "p", cores=[[0] * 9] * 3)
    assert read_used([123], clock=clock, proc=proc).ours == 0.0


def test_the_share_is_never_below_nothing_or_above_all():
    start = Used(0.0, 0.0, 0.0, 2)
    assert others_share(start, Used(1.0, 1.0, 1.02, 2)) == 0.0
    assert others_share(start, Used(1.0, 3.0, 0.0, 2)) == 1.0
    assert others_share(start, start) == 0.0


@pytest.mark.parametrize(
    ("seconds", "others", "is_busy"), [(10.0, 0.9, False), (10.0, 1.1, True), (0.1, 0.04, False)]
)
def test_busy_is_a_share_of_all_cores_and_more_than_a_few_ticks(seconds, others, is_busy):
    after = Used(seconds, seconds + others, seconds, 2)
    assert noise_of("x", Used(0.0, 0.0, 0.0, 2), after).busy is is_busy


def test_a_system_that_does_not_tell_is_not_called_idle(tmp_path, clock):
    assert read_used([], clock=clock, proc=tmp_path / "none") is None
    noise = noise_of("x", None, None)
    assert (noise.share, noise.busy) == (None, False)


@pytest.mark.skipif(not busy.PROC.is_dir(), reason="the system has no /proc")
def test_the_real_accounts_go_forward():
    ticks = iter([0.0, 1.0])
    before, after = (read_used([os.getpid()], clock=lambda: next(ticks)) for _ in range(2))
    assert after.everyone >= before.everyone > 0
    assert after.ours >= before.ours > 0
