"""The server scenario against a brute-force simulation of the same queue."""

import math
import random

import numpy as np
import pytest

from isogloss.efficiency.server import (
    DOWN,
    UP,
    Batch,
    Run,
    ServerRules,
    Timing,
    arrivals,
    climb,
    highest_rate,
    judge,
    max_rate,
    serve,
)

TICK = 1 / 1024
"""Seconds; a power of two, so that sums of ticks are exact and ties are ties."""


def rules(p99_ms=1e9, max_batch=3, max_wait_ms=5.0):
    return ServerRules(p99_ms=p99_ms, seconds=1.0, max_batch=max_batch, max_wait_ms=max_wait_ms)


def simulate(ticks, service, max_batch, wait):
    """Step through time tick by tick: whole numbers, no cleverness."""
    queue, finished, now, free_at, batches = [], {}, 0, 0, []
    arrived = 0
    while len(finished) < len(ticks):
        while arrived < len(ticks) and ticks[arrived] <= now:
            queue.append(arrived)
            arrived += 1
        if now >= free_at and queue:
            full = len(queue) >= max_batch
            if full or now - ticks[queue[0]] >= wait:
                taken, queue = queue[:max_batch], queue[max_batch:]
                free_at = now + service(len(taken))
                batches.append(taken)
                for query in taken:
                    finished[query] = free_at
        now += 1
    return [finished[query] - ticks[query] for query in range(len(ticks))], batches


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("wait", [0, 4])
def test_latencies_are_those_of_a_queue_that_is_stepped_through(seed, wait, clock):
    rng = random.Random(seed)
    ticks = sorted(rng.randrange(150) for _ in range(40))
    max_batch = rng.choice([1, 2, 5])

    def service(n):
        return 3 + n

    want, want_batches = simulate(ticks, service, max_batch, wait)
    batches = serve(
        [tick * TICK for tick in ticks],
        lambda first, end: clock.pass_by(service(end - first) * TICK),
        rules(max_batch=max_batch, max_wait_ms=wait * TICK * 1000),
        timing=Timing(clock, clock.pass_by),
    )
    assert [list(range(batch.first, batch.end)) for batch in batches] == want_batches
    got = [
        batch.finished / TICK - ticks[at]
        for batch in batches
        for at in range(batch.first, batch.end)
    ]
    assert got == pytest.approx(want, abs=1e-6)


def test_a_batch_waits_for_others_only_while_its_oldest_has_patience(clock):
    batches = serve(
        [0.0, 0.004, 0.006, 0.020],
        lambda first, end: clock.pass_by(0.001),
        rules(max_batch=3, max_wait_ms=5.0),
        timing=Timing(clock, clock.pass_by),
    )
    assert [(batch.first, batch.end) for batch in batches] == [(0, 2), (2, 3), (3, 4)]
    assert [batch.finished for batch in batches] == pytest.approx([0.006, 0.012, 0.026])


def test_a_run_ends_as_soon_as_the_bound_is_lost(clock):
    times = [at * 0.001 for at in range(400)]
    lost = rules(p99_ms=50.0, max_batch=1)
    batches = serve(
        times,
        lambda first, end: clock.pass_by(0.010),
        lost,
        timing=Timing(clock, clock.pass_by),
    )
    run = judge(1000.0, times, batches, lost.p99_ms)
    late = [batch for batch in batches if 1000 * (batch.finished - times[batch.first]) > 50.0]
    assert len(late) == 5  # four of 400 may be late
    assert (run.holds, run.n_answered, run.n_queries) == (False, len(batches), 400)


def test_a_run_holds_exactly_if_the_99th_percentile_of_all_is_within_the_bound():
    times = [0.0] * 200
    in_time, late = 0.010, 0.030
    for n_late, holds in ((2, True), (3, False)):
        batches = [Batch(0, 200 - n_late, in_time), Batch(200 - n_late, 200, late)]
        assert judge(1.0, times, batches, 20.0).holds is holds


def test_arrivals_are_poisson_and_another_rate_only_scales_them():
    slow, fast = arrivals(4000, 10.0, seed=1), arrivals(4000, 40.0, seed=1)
    np.testing.assert_allclose(slow, 4 * fast)
    gaps = np.diff(slow)
    assert gaps.mean() == pytest.approx(0.1, rel=0.05)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)  # as an exponential has it
    assert not np.array_equal(slow, arrivals(4000, 10.0, seed=2))


def run_at(rate, limit):
    return Run(rate, 100, 100, 100, 1.0, 1.0, holds=rate <= limit)


@pytest.mark.parametrize("start", [1.0, 70.0, 90.0, 1000.0])
def test_the_highest_rate_is_found_from_above_and_below(start):
    runs = highest_rate(lambda rate: run_at(rate, 77.0), start, rules())
    assert 77.0 / 1.02 <= max_rate(runs) <= 77.0
    assert len(runs) < 25


def test_a_rate_fails_only_if_it_fails_twice():
    hiccups = iter([True, False, True])

    def try_rate(rate):
        run = run_at(rate, 77.0)
        return run._replace(holds=False) if run.holds and next(hiccups, False) else run

    runs = highest_rate(try_rate, 40.0, rules())
    assert 77.0 / 1.02 <= max_rate(runs) <= 77.0
    assert sum(run.rate <= 77.0 and not run.holds for run in runs) == 2


def test_no_rate_holds_where_a_single_answer_is_too_slow():
    runs = highest_rate(lambda rate: run_at(rate, 0.0), 100.0, rules())
    assert max_rate(runs) == 0.0
    assert not any(run.holds for run in runs)


def test_a_search_that_meets_no_limit_ends():
    runs = highest_rate(lambda rate: run_at(rate, math.inf), 100.0, rules())
    assert all(run.holds for run in runs)
    assert len(runs) == 9


def test_a_search_from_nothing_is_refused():
    with pytest.raises(ValueError, match="cannot start"):
        highest_rate(lambda rate: run_at(rate, 1.0), 0.0, rules())


def test_a_staircase_goes_on_where_the_last_trial_ended():
    tried = []

    def try_rate(trial, rate):
        tried.append((trial, rate))
        return run_at(rate, 100.0)

    runs = climb(try_rate, 99.0, range(5, 9))
    assert [trial for trial, _ in tried] == [5, 6, 7, 8]
    up = 99.0 * UP
    assert [run.rate for run in runs] == pytest.approx([99.0, up, up * DOWN, up * DOWN * UP])
    assert [run.holds for run in runs] == [True, False, True, True]


@pytest.mark.parametrize("start", [60.0, 100.0, 160.0])
def test_a_staircase_settles_where_three_of_four_trials_hold(start):
    """The chance to hold falls smoothly with the rate, as it does on a machine with hiccups."""
    rng = np.random.default_rng(0)

    def try_rate(trial, rate):
        chance = 1 / (1 + math.exp((rate - 100.0) / 8.0))
        return Run(rate, 100, 100, 100, 1.0, 1.0, holds=rng.random() < chance)

    want = 100.0 - 8.0 * math.log(3)  # where the chance is 3/4
    rates = [run.rate for run in climb(try_rate, start, range(4000))][200:]
    assert np.exp(np.mean(np.log(rates))) == pytest.approx(want, rel=0.03)


def test_one_hiccup_moves_a_staircase_by_one_step():
    quiet = climb(lambda trial, rate: run_at(rate, 100.0), 95.0, range(40))
    loud = climb(lambda trial, rate: run_at(rate, 0.0 if trial == 20 else 100.0), 95.0, range(40))
    means = [np.exp(np.mean([math.log(run.rate) for run in runs])) for runs in (quiet, loud)]
    assert means[1] == pytest.approx(means[0], rel=0.03)
