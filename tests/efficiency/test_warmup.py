"""Warm-up ends when three windows agree, and says so if they never do."""

import pytest

from isogloss.efficiency.warmup import WarmUp, is_stable, warm_up

RULE = WarmUp(window=2, tolerance=0.1, min_laps=4, max_laps=20, max_seconds=1000.0)


def run(lap_seconds, rule, clock):
    left = iter(lap_seconds)
    return warm_up(lambda: clock.pass_by(next(left)), rule, clock=clock)


def test_it_ends_with_the_third_window_that_agrees(clock):
    warmed = run([8, 8, 4, 4, 2, 2, 1, 1, 1.05, 1, 1, 1, 1, 1], RULE, clock)
    assert (warmed.laps, warmed.stable) == (12, True)


def test_laps_that_are_equal_from_the_start_still_do_the_least(clock):
    assert run([1.0] * 20, RULE, clock).laps == 6  # three windows need six laps
    longer = WarmUp(window=2, min_laps=9)
    assert run([1.0] * 20, longer, clock).laps == 10  # the next whole window


def test_running_out_of_laps_is_recorded(clock):
    warmed = run([1.0, 1.0, 2.0, 2.0] * 5, RULE, clock)
    assert (warmed.laps, warmed.stable) == (20, False)


def test_running_out_of_seconds_is_recorded_but_the_least_is_done(clock):
    rule = WarmUp(window=2, tolerance=0.1, min_laps=4, max_laps=20, max_seconds=5.0)
    warmed = run([9.0, 5.0, 3.0, 1.0, 0.5], rule, clock)
    assert (warmed.laps, warmed.seconds, warmed.stable) == (4, 18.0, False)


@pytest.mark.parametrize(
    ("last", "stable"), [(1.09, True), (1.11, False)], ids=["within", "beyond"]
)
def test_the_tolerance_is_between_the_fastest_and_the_slowest_window(last, stable):
    assert is_stable([1.0, 1.0, 1.05, 1.05, last, last], RULE) is stable


def test_one_slow_lap_in_a_window_does_not_count():
    assert is_stable([1, 1, 1, 1, 9, 1, 1, 1, 1], WarmUp(window=3))
