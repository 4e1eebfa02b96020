"""The main path of a measurement: a process for each candidate, turns in order, figures at the end.

This process only asks and waits, so the one that is asked has the machine to itself. A candidate
whose process dies is a recorded failure; the others go on.
"""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, final

import numpy as np

from isogloss.base.errors import InputError, RunError
from isogloss.efficiency.answering import Sample
from isogloss.efficiency.busy import THRESHOLD, Noise, Used, noise_of, read_used
from isogloss.efficiency.candidate import Candidate
from isogloss.efficiency.cold_start import cold_start
from isogloss.efficiency.figures import Peaks, figures_of, passes_of
from isogloss.efficiency.lengths import lengths_of_samples
from isogloss.efficiency.link import Failed, Link, Process
from isogloss.efficiency.machine import physical_cores
from isogloss.efficiency.offline import best_budget
from isogloss.efficiency.protocol import Protocol
from isogloss.efficiency.result import BenchResult, CandidateResult
from isogloss.efficiency.schedule import Turn, schedule

LOOK_SECONDS = 1.0
"""How long the machine is watched before anything is measured."""

LISTS = {"offline", "single_stream", "server", "cold_start"}
"""Turns that a candidate takes several times."""

clock = time.perf_counter


class Progress(NamedTuple):
    """One more turn is done."""

    done: int
    total: int
    what: str
    """The turn: `offline mbert`."""


class World(NamedTuple):
    """What a measurement touches outside itself; a test brings its own."""

    start: Callable[[int], Process] = Link
    """Starts a process with so many threads."""

    used: Callable[[Sequence[int]], Used | None] = lambda pids: read_used(pids, clock=clock)
    """Reads the accounts of the processor."""

    sleep: Callable[[float], object] = time.sleep


def bench(
    candidates: Sequence[Candidate],
    texts: Sequence[Sample],
    protocol: Protocol,
    *,
    world: World | None = None,
) -> Generator[Progress, None, BenchResult]:
    """Measure candidates side by side on the same samples; yields after each turn.

    All candidates are in memory at once, since they take turns.

    Args:
        candidates: at least one, with different names and one task.
        texts: what is answered: texts, or sentences as lists of words.
        protocol: settings.
        world: how processes are started and watched.

    Returns:
        The result; a candidate that failed says why in `failure`.

    Raises:
        InputError: if there are no candidates or texts, or they do not fit together.
        RunError: if others use the machine and the protocol refuses that, or nothing can be
            started at all.
    """
    _check(candidates, texts)
    samples = choose(texts, protocol.n_texts, seed=protocol.seed)
    session = _Session(candidates, samples, protocol, world or World())
    turns = schedule(len(candidates), protocol)
    try:
        session.look()
        for done, turn in enumerate(turns, 1):
            session.take(turn)
            yield Progress(done, len(turns), session.name_of(turn))
    finally:
        session.stop()
    return session.result()


def choose(texts: Sequence[Sample], n: int, *, seed: int) -> list[Sample]:
    """Draw `n` samples without replacement, in their order; all of them if they are no more."""
    if len(texts) <= n:
        return list(texts)
    drawn = np.random.default_rng(seed).choice(len(texts), n, replace=False)
    return [texts[at] for at in sorted(drawn.tolist())]


def _check(candidates: Sequence[Candidate], texts: Sequence[Sample]) -> None:
    names = [one.name for one in candidates]
    if not names or not texts:
        raise InputError("Nothing to measure: give at least one candidate and one text.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"Two candidates are called {twice[0]!r}; give each its own name.")
    if len({one.task for one in candidates}) > 1:
        raise InputError("Candidates for texts and for words cannot answer the same samples.")
    if (candidates[0].task == "text") != all(isinstance(text, str) for text in texts):
        raise InputError("Texts must be strings for the task 'text', lists of words for 'tags'.")


@final
class _Session:
    """The processes and what they have answered so far."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        samples: Sequence[Sample],
        protocol: Protocol,
        world: World,
    ) -> None:
        self._candidates = candidates
        self._samples = samples
        self._protocol = protocol
        self._world = world
        self._threads = protocol.threads or physical_cores()
        self._machine: dict[str, Any] = {}
        self._links: dict[int, Process] = {}
        self._raw: list[dict[str, Any]] = [{} for _ in candidates]
        self._failures: dict[int, str] = {}
        self._noise: list[Noise] = []
        self._turns: dict[str, Callable[[int], dict[str, Any] | float]] = {
            "load": self._load,
            "offline": self._offline,
            "single_stream": self._single_stream,
            "server": self._server,
            "energy": self._energy,
            "counts": self._counts,
            "cold_start": self._cold_start,
        }

    def look(self) -> None:
        """Watch the machine before anything is measured.

        Raises:
            RunError: if it is busy, or does not tell, and the protocol refuses that.
        """
        before = self._used()
        self._world.sleep(LOOK_SECONDS)
        self._judge("before", before)

    def take(self, turn: Turn) -> None:
        """Take one turn; a candidate that has failed misses its own.

        Raises:
            RunError: if the machine was busy meanwhile and the protocol refuses that.
        """
        before = self._used()
        if turn.candidate is None:
            self._measure_machine()
        elif turn.candidate not in self._failures:
            self._take(turn.kind, turn.candidate)
        self._judge(self.name_of(turn), before)

    def name_of(self, turn: Turn) -> str:
        """What people call a turn."""
        if turn.candidate is None:
            return turn.kind
        return f"{turn.kind} {self._candidates[turn.candidate].name}"

    def stop(self) -> None:
        """End all processes."""
        for link in self._links.values():
            link.stop()
        self._links.clear()

    def result(self) -> BenchResult:
        """Compute the figures."""
        peaks = self._machine.get("matmul_peak_flops", {})
        return BenchResult(
            machine=self._machine,
            protocol=self._protocol,
            noise=tuple(self._noise),
            lengths=lengths_of_samples(self._samples),
            candidates=tuple(
                self._result_of(at, one, peaks) for at, one in enumerate(self._candidates)
            ),
        )

    def _result_of(self, at: int, candidate: Candidate, peaks: Peaks) -> CandidateResult:
        raw = self._raw[at]
        measured, missing = figures_of(raw, peaks)
        facts = {**raw, "missing": missing}
        if "offline" in raw:
            facts["best_token_budget"] = best_budget(passes_of(raw["offline"]))
        return CandidateResult(
            candidate.name, candidate.form, measured, facts, self._failures.get(at)
        )

    def _used(self) -> Used | None:
        if self._protocol.busy == "ignore":
            return None
        return self._world.used([link.pid for link in self._links.values()])

    def _judge(self, during: str, before: Used | None) -> None:
        if self._protocol.busy == "ignore":
            return
        noise = noise_of(during, before, self._used())
        self._noise.append(noise)
        if self._protocol.busy == "refuse" and (noise.busy or noise.share is None):
            raise RunError(_refusal(noise))

    def _take(self, kind: str, at: int) -> None:
        try:
            answer = self._turns[kind](at)
        except Failed as error:
            self._failures[at] = str(error)
            self._end(at)
            return
        if kind in LISTS:
            self._raw[at].setdefault(kind, []).append(answer)
        else:
            self._raw[at][kind] = answer

    def _end(self, at: int) -> None:
        link = self._links.pop(at, None)
        if link is not None:
            link.stop()

    def _measure_machine(self) -> None:
        link = self._world.start(self._threads)
        try:
            self._machine = link.ask("machine")
        finally:
            link.stop()

    def _load(self, at: int) -> dict[str, Any]:
        link = self._links[at] = self._world.start(self._threads)
        loaded = link.ask("load", candidate=self._candidates[at].to_json())
        link.ask("samples", samples=self._samples)
        return {**loaded, "warm_up": link.ask("warm", rule=asdict(self._protocol.warm_up))}

    def _offline(self, at: int) -> dict[str, Any]:
        return self._links[at].ask(
            "offline",
            budgets=self._protocol.token_budgets,
            seconds=self._protocol.offline_seconds,
        )

    def _single_stream(self, at: int) -> dict[str, Any]:
        n_queries = self._protocol.single_stream_queries
        return self._links[at].ask("single_stream", queries=n_queries, seed=self._protocol.seed)

    def _server(self, at: int) -> dict[str, Any]:
        """Search where to begin, at the first turn; then go on with the staircase."""
        n_turns = len(self._raw[at].get("server", []))
        return self._links[at].ask(
            "server",
            rules=asdict(self._protocol.server_rules),
            seed=self._protocol.seed,
            first=1 + (n_turns - 1) * self._protocol.server_trials if n_turns else 0,
            trials=self._protocol.server_trials,
        )

    def _energy(self, at: int) -> dict[str, Any]:
        passes = self._raw[at].get("offline")
        budget = best_budget(passes_of(passes)) if passes else self._protocol.token_budgets[0]
        return self._links[at].ask("energy", budget=budget, seconds=self._protocol.energy_seconds)

    def _counts(self, at: int) -> dict[str, Any]:
        """Memory first: counting takes some, too."""
        self._raw[at]["memory"] = self._links[at].ask("memory")
        return self._links[at].ask("counts")

    def _cold_start(self, at: int) -> float:
        """No other process is left when one is started cold."""
        self.stop()
        return cold_start(
            lambda: self._world.start(self._threads),
            self._candidates[at],
            self._samples[0],
            clock=clock,
        )


def _refusal(noise: Noise) -> str:
    if noise.share is None:
        return "Whether others use this machine cannot be told; measure with busy: ignore."
    return (
        f"Others used {noise.share:.0%} of the cores ({noise.during}); more than {THRESHOLD:.0%} "
        "makes figures that do not repeat. Stop the other work, or measure with busy: flag."
    )
