"""Server: queries come when they like, and 99 of 100 must be answered in time (MLPerf's word).

Arrivals are Poisson: exponential gaps from a seed, drawn before the run. So whatever is waiting at
a moment is known without a second thread, and nothing but the model runs in the measuring process.
The server takes all that wait, up to a batch; if the batch is not full it waits a little for more.
All rates of one trial share one stream of gaps, scaled, so that a higher rate is a denser version
of the same traffic and not other luck.

A search by bisection says where the highest rate was in those seconds, and on a machine that others
share the next search says something else by a fifth. So it only finds where to begin: somewhat
below. From there a staircase goes on, some trials in each round, in turn with the other
candidates': a little up where the bound holds, three times as much down where it fails. It settles
where three of four trials hold (Kaernbach 1991, weighted up-down), one hiccup moves it by one step,
and what slows the machine down for a while meets every candidate.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from isogloss.efficiency.measured import percentile, rank
from isogloss.efficiency.warmup import Clock

PERCENT = 99
MAX_DOUBLINGS = 8
BELOW = 0.9
"""Where a staircase begins, in rates that a search has found: the luckiest of them held."""
UP = 1.03
"""Factor of the rate after a trial that held."""
DOWN = UP**-3
"""Factor of the rate after one that failed: equally likely to go either way where 3 of 4 hold."""


@final
@dataclass(frozen=True)
class ServerRules:
    """How the server batches, and what it must keep."""

    p99_ms: float
    """Bound on the 99th percentile of the latency, waiting included."""

    seconds: float
    """Length of the arrivals at one rate."""

    max_batch: int
    max_wait_ms: float
    """Longest time the oldest query waits for a batch to fill while the server is free."""

    resolution: float = 0.02
    """The search ends when the rates that hold and fail are this share apart."""


class Timing(NamedTuple):
    """A clock and a way to let time pass."""

    clock: Clock
    sleep: Callable[[float], object]


class Batch(NamedTuple):
    """Queries that were answered together."""

    first: int
    end: int
    """Queries `first` to `end - 1`, in the order of arrival."""

    finished: float
    """Seconds after the start of the run."""


class Run(NamedTuple):
    """One rate, tried."""

    rate: float
    """Queries per second."""

    n_queries: int
    n_answered: int
    """Fewer if the run was ended because it could no longer keep the bound."""

    n_batches: int
    p50_ms: float
    p99_ms: float
    """Of the queries answered."""

    holds: bool


def arrivals(n: int, rate: float, *, seed: int) -> NDArray[np.float64]:
    """[n] Seconds at which queries arrive, from 0 on; another rate only scales them."""
    return np.cumsum(np.random.default_rng(seed).exponential(size=n)) / rate


def serve(
    times: Sequence[float],
    work: Callable[[int, int], object],
    rules: ServerRules,
    *,
    timing: Timing,
) -> list[Batch]:
    """Answer queries that arrive at given times, until all are answered or the bound is lost.

    Args:
        times: ascending seconds after the start.
        work: answers queries `first` to `end - 1` in one batch.
        rules: batching and bound.
        timing: clock and sleep; a test brings its own.
    """
    allowed = len(times) - rank(len(times), PERCENT)
    start = timing.clock()
    batches: list[Batch] = []
    first = n_late = 0
    while first < len(times) and n_late <= allowed:
        _wait(timing, start + _begin(times, first, rules))
        now = timing.clock() - start
        end = min(bisect_right(times, now), first + rules.max_batch)
        end = max(end, first + 1)  # a clock that runs a hair behind the sleep
        work(first, end)
        finished = timing.clock() - start
        n_late += sum(1000 * (finished - times[at]) > rules.p99_ms for at in range(first, end))
        batches.append(Batch(first, end, finished))
        first = end
    return batches


def judge(rate: float, times: Sequence[float], batches: Sequence[Batch], bound_ms: float) -> Run:
    """Say what a run came to: latencies from arrival to answer, and whether the bound was kept."""
    latencies = [
        1000 * (batch.finished - times[at])
        for batch in batches
        for at in range(batch.first, batch.end)
    ]
    p99 = percentile(latencies, PERCENT)
    return Run(
        rate=rate,
        n_queries=len(times),
        n_answered=len(latencies),
        n_batches=len(batches),
        p50_ms=percentile(latencies, 50),
        p99_ms=p99,
        holds=len(latencies) == len(times) and p99 <= bound_ms,
    )


def highest_rate(try_rate: Callable[[float], Run], start: float, rules: ServerRules) -> list[Run]:
    """Try rates until the highest that holds is known; `max_rate` reads it from the runs.

    From `start` the rate is doubled while it holds, or halved while it fails; then the gap is
    halved (as ratios) until it is narrow. A rate that fails is tried once more and fails if it does
    so twice, because a single hiccup of the machine (a few dozen milliseconds) is enough to lose
    the bound; a run that cannot keep it any more ends at once, so this costs little.

    Raises:
        ValueError: if `start` is not positive.
    """
    if start <= 0:
        raise ValueError(f"a search cannot start at {start} queries per second")
    runs: list[Run] = []

    def holds(rate: float) -> bool:
        for _ in range(2):
            runs.append(try_rate(rate))
            if runs[-1].holds:
                break
        return runs[-1].holds

    low, high = _bracket(holds, start)
    while 0 < low < high < math.inf and high > low * (1 + rules.resolution):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return runs


def _bracket(holds: Callable[[float], bool], start: float) -> tuple[float, float]:
    """Return a rate that holds, or 0, and one that fails, or infinity, a factor of 2 apart."""
    rate, held = start, holds(start)
    for _ in range(MAX_DOUBLINGS):
        following = rate * 2 if held else rate / 2
        if holds(following) != held:
            return min(rate, following), max(rate, following)
        rate = following
    return (rate, math.inf) if held else (0.0, rate)


def climb(try_rate: Callable[[int, float], Run], start: float, trials: range) -> list[Run]:
    """Go on with a staircase: one trial after the other, each at the rate that the last one gave.

    Args:
        try_rate: serves for a while at a rate; takes the trial's number, which decides the traffic.
        start: queries per second of the first trial.
        trials: numbers of the trials.
    """
    runs: list[Run] = []
    rate = start
    for trial in trials:
        runs.append(try_rate(trial, rate))
        rate = following(runs[-1])
    return runs


def following(run: Run) -> float:
    """Return the rate after a trial."""
    return run.rate * (UP if run.holds else DOWN)


def max_rate(runs: Sequence[Run]) -> float:
    """Return the highest rate that held; 0 if none did."""
    return max((run.rate for run in runs if run.holds), default=0.0)


def _begin(times: Sequence[float], first: int, rules: ServerRules) -> float:
    """When the server, free from now on, takes the batch that begins with query `first`.

    Either when the batch is full or when its oldest query has waited long enough: whichever comes
    first. Both may be past already.
    """
    patience = times[first] + rules.max_wait_ms / 1000
    last = first + rules.max_batch - 1
    full = times[last] if last < len(times) else patience
    return min(patience, full)


def _wait(timing: Timing, until: float) -> None:
    while (left := until - timing.clock()) > 0:
        timing.sleep(left)
