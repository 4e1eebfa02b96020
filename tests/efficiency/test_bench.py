"""The whole measurement, with processes of our own making: order, failures, busy machines."""

import json
from itertools import pairwise

import pytest

from finishing import finish
from isogloss.base.errors import InputError, RunError, UnknownName
from isogloss.efficiency.bench import World, bench, choose
from isogloss.efficiency.busy import Used
from isogloss.efficiency.candidate import Candidate
from isogloss.efficiency.figures import BLOCK, SETTLING
from isogloss.efficiency.link import Failed
from isogloss.efficiency.protocol import Protocol
from isogloss.efficiency.result import BenchResult, flat
from isogloss.efficiency.schedule import schedule

PEAKS = {"cpu": {"fp32": 1000.0}, "cuda": {"fp32": 9000.0, "bf16": 90000.0}}
TEXTS = ["one", "two words", "three words here"]
ENERGY = "energy_wh_per_million_estimated"
RUN = {"n_queries": 9, "n_answered": 9, "n_batches": 3, "p50_ms": 1.0, "p99_ms": 2.0}


def candidate(name, **changes):
    return Candidate(name=name, folder=f"/{name}", labels=("a", "b"), **changes)


class FakeProcess:
    """Answers at once, notes what it was asked, and fails or dies where it is told to."""

    pid = 0

    def __init__(self, log, failing=None):
        self.log, self.failing, self.name, self.alive = log, failing or {}, None, True

    def ask(self, do, **what):
        assert self.alive
        if do == "load":
            self.name = what["candidate"]["name"]
        self.log.append((do, self.name))
        if self.failing.get(self.name) == do:
            raise Failed(f"{do}: it died")
        return getattr(self, f"_{do}", dict)()

    def stop(self):
        if self.alive:
            self.log.append(("stop", self.name))
        self.alive = False

    def _machine(self):
        return {"cpu": "toy", "matmul_peak_flops": PEAKS}

    def _load(self):
        return {"precision": "fp32", "device": "cpu", "load_s": 0.1}

    def _offline(self):
        laps = [
            {
                "budget": budget,
                "n_batches": 1,
                "padded_tokens": 12,
                "forward_s": seconds,
                "decode_s": 0.5,
            }
            for budget, seconds in ((512, 4.0), (2048, 2.0), (8192, 3.0))
        ]
        return {"passes": [{"n_samples": 3, "n_tokens": 12, "encode_s": 0.5, "laps": laps}]}

    def _single_stream(self):
        total = [float(at) for at in range(1, 101)]
        return {"total_ms": total, "forward_ms": [one / 2 for one in total]}

    def _server(self):
        """The search at first, then rounds of the staircase."""
        search = [(10.0, True), (20.0, False), (20.0, False), (14.0, True)]
        rates = search if self.count("server") == 1 else [(8.0, True), (32.0, False)]
        return {"runs": [{**RUN, "rate": rate, "holds": holds} for rate, holds in rates]}

    def count(self, do):
        return self.log.count((do, self.name))

    def _counts(self):
        return {
            "parameters": 10,
            "embedding_parameters": 4,
            "body_parameters": 6,
            "disk_mb": 0.5,
            "flops": 240,
            "n_tokens": 12,
        }

    def _memory(self):
        return {"peak_rss_mb": 7.0, "peak_vram_mb": None}

    def _energy(self):
        return {"wh_per_million": None, "reason": "no meter"}


def idle(pids):
    return Used(0.0, 0.0, 0.0, 2)


def world(log, failing=None, used=idle):
    return World(lambda threads: FakeProcess(log, failing), used, lambda seconds: None)


def measure(names, protocol, **settings):
    log = []
    measuring = bench(
        [candidate(name) for name in names], TEXTS, protocol, world=world(log, **settings)
    )
    seen, result = finish(measuring)
    return log, seen, result


def test_candidates_take_turns_forth_and_back():
    log, _, _ = measure(["A", "B"], Protocol(rounds=3))
    turns = [entry for entry in log if entry[0] in {"offline", "single_stream"}]
    assert [name for _, name in turns] == [*"AABB", *"BBAA", *"AABB"]
    assert [do for do, _ in turns] == ["offline", "single_stream"] * 6


def test_servers_take_turns_too_and_trials_are_numbered_through():
    asked = []

    class Noting(FakeProcess):
        def ask(self, do, **what):
            if do == "server":
                asked.append((self.name, what["first"], what["trials"]))
            return super().ask(do, **what)

    log = []
    noting = World(lambda threads: Noting(log), idle, lambda seconds: None)
    protocol = Protocol(scenarios=("server",), rounds=2, server_trials=3)
    finish(bench([candidate("A"), candidate("B")], TEXTS, protocol, world=noting))
    assert asked == [
        (n, first, 3) for first, names in ((0, "AB"), (1, "BA"), (4, "AB")) for n in names
    ]


def test_cold_starts_are_last_and_alone():
    log, _, _ = measure(["A", "B"], Protocol(cold_starts=2))
    # only a cold start answers one sample
    first = next(at for at, (do, _) in enumerate(log) if do == "answer")
    before = log[: first - 1]
    started = [name for do, name in before if do == "load"]
    stopped = [name for do, name in before if do == "stop"]
    assert sorted(started) == sorted(name for name in stopped if name)
    assert log[first - 1 :] == [(do, name) for name in "ABBA" for do in ("load", "answer", "stop")]


def test_memory_is_read_before_anything_that_only_counts():
    log, _, _ = measure(["A"], Protocol(scenarios=("server", "energy")))
    asked = [do for do, _ in log]
    assert asked.index("server") < asked.index("memory") < asked.index("counts")
    assert asked.index("counts") < asked.index("energy")


def test_progress_counts_every_turn():
    _, seen, _ = measure(["A", "B"], Protocol(rounds=2, cold_starts=1))
    assert [one.done for one in seen] == list(range(1, seen[-1].total + 1))
    assert seen[-1].total == len(schedule(2, Protocol(rounds=2, cold_starts=1)))
    assert (seen[0].what, seen[-1].what) == ("machine", "cold_start B")


def test_figures_are_medians_of_rounds_with_the_best_budget():
    _, _, result = measure(["A"], Protocol())
    values = flat(result, price_per_hour=3.6)["A"]
    assert values["offline_samples_per_second"] == pytest.approx(3 / (0.5 + 2.0 + 0.5))
    assert values["offline_tokens_per_second"] == pytest.approx(12 / 3.0)
    assert values["offline_forward_samples_per_second"] == pytest.approx(3 / 2.0)
    assert values["single_stream_p50_ms"] == 50.0
    assert values["single_stream_p99_ms"] == 99.0
    assert values["single_stream_forward_p50_ms"] == 25.0
    assert values["server_max_rate_per_second"] == pytest.approx(16.0)
    assert values["flops_per_token"] == 20.0
    assert values["peak_share"] == pytest.approx(240 / 2.0 / 1000.0)
    assert values["cost_per_million"] == pytest.approx(1e6 / 1.0 / 3600 * 3.6)
    assert (values["parameters"], values["body_parameters"], values["peak_rss_mb"]) == (10, 6, 7)
    one = result.candidates[0]
    assert one.facts["best_token_budget"] == 2048
    rounds = [m for m in one.measured if m.name.startswith(("offline", "peak_share"))]
    assert len(rounds) == 3 + 1
    assert {len(m.samples) for m in rounds} == {Protocol().rounds}
    (server,) = [m for m in one.measured if m.name.startswith("server")]
    assert len(server.samples) == (Protocol().rounds - Protocol().rounds // SETTLING) // BLOCK
    blocks = [m for m in one.measured if m.name.startswith("single_stream")]
    assert len(blocks) == 8
    assert {len(m.samples) for m in blocks} == {Protocol().rounds // BLOCK}


def test_what_was_not_measured_is_missing_with_a_reason():
    _, _, result = measure(["A"], Protocol(scenarios=("energy",)))
    assert not {"offline_samples_per_second", ENERGY} & set(flat(result)["A"])
    assert result.candidates[0].facts["missing"] == {
        ENERGY: "no meter",
        "peak_vram_mb": "no GPU",
    }


@pytest.mark.parametrize("at", ["load", "offline", "server", "counts", "answer"])
def test_a_candidate_that_dies_is_a_failure_and_the_others_go_on(at):
    log, seen, result = measure(["A", "B", "C"], Protocol(), failing={"B": at})
    good, bad, other = result.candidates
    assert bad.failure == f"{at}: it died"
    assert good.failure is None
    assert [one.name for one in good.measured] == [one.name for one in other.measured]
    assert len(flat(result)["A"]) > len(flat(result)["B"])
    assert log.count((at, "B")) == 1
    assert seen[-1].done == seen[-1].total


def test_whatever_happens_no_process_is_left():
    log = []
    measuring = bench([candidate("A"), candidate("B")], TEXTS, Protocol(), world=world(log))
    for _ in range(5):
        next(measuring)
    measuring.close()
    assert [entry for entry in log if entry[0] == "stop"][-2:] == [("stop", "A"), ("stop", "B")]


def test_a_result_comes_back_from_json_as_it_was():
    _, _, result = measure(["A", "B"], Protocol(), failing={"B": "server"})
    assert BenchResult.from_json(json.loads(json.dumps(result.to_json()))) == result


class Accounts:
    """A machine of two cores where others use `share` of them, from some look on."""

    def __init__(self, share, after=0):
        self.share, self.after, self.looks, self.at, self.used = share, after, 0, 0.0, 0.0

    def __call__(self, pids):
        self.looks += 1
        self.at += 10.0
        if self.looks > self.after:
            self.used += 20.0 * self.share
        return Used(self.at, self.used, 0.0, 2)


def test_a_busy_machine_is_refused_before_anything_starts():
    log = []
    strict = Protocol(busy="refuse")
    with pytest.raises(RunError, match=r"30% of the cores \(before\)"):
        finish(bench([candidate("A")], TEXTS, strict, world=world(log, used=Accounts(0.3))))
    assert log == []


def test_a_machine_that_gets_busy_ends_a_strict_measurement():
    log = []
    strict = Protocol(busy="refuse")
    later = Accounts(0.3, after=7)
    with pytest.raises(RunError, match=r"\(offline A\)"):
        finish(bench([candidate("A")], TEXTS, strict, world=world(log, used=later)))
    assert log[-1] == ("stop", "A")


def test_a_busy_machine_is_noted_by_default():
    _, _, result = measure(["A"], Protocol(), used=Accounts(0.3, after=7))
    assert not result.noise[0].busy
    assert result.noise[0].share == 0.0
    assert result.busy[0].during == "offline A"
    assert result.busy[0].share == pytest.approx(0.3)


def test_nobody_looks_if_told_so():
    accounts = Accounts(0.9)
    _, _, result = measure(["A"], Protocol(busy="ignore"), used=accounts)
    assert result.noise == ()
    assert accounts.looks == 0


def test_a_machine_that_does_not_tell_is_refused_only_if_asked():
    _, _, result = measure(["A"], Protocol(), used=lambda pids: None)
    assert {noise.share for noise in result.noise} == {None}
    with pytest.raises(RunError, match="cannot be told"):
        measure(["A"], Protocol(busy="refuse"), used=lambda pids: None)


def test_samples_are_drawn_without_replacement_in_their_order():
    texts = [str(at) for at in range(100)]
    drawn = choose(texts, 10, seed=1)
    positions = [int(text) for text in drawn]
    assert all(before < after for before, after in pairwise(positions))
    assert drawn == choose(texts, 10, seed=1) != choose(texts, 10, seed=2)
    assert choose(texts, 100, seed=1) == texts


@pytest.mark.parametrize(
    ("candidates", "texts", "why"),
    [
        ([], TEXTS, "at least one candidate"),
        ([candidate("A")], [], "one text"),
        ([candidate("A"), candidate("A")], TEXTS, "'A'"),
        ([candidate("A"), candidate("B", task="tags")], TEXTS, "same samples"),
        ([candidate("A", task="tags")], TEXTS, "lists of words"),
        ([candidate("A")], [["a", "b"]], "must be strings"),
    ],
)
def test_what_does_not_fit_together_is_refused(candidates, texts, why):
    with pytest.raises(InputError, match=why):
        next(bench(candidates, texts, Protocol(), world=world([])))


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"scenarios": ("ofline",)}, "Did you mean 'offline'"),
        ({"busy": "flagg"}, "Did you mean 'flag'"),
        ({"rounds": 0}, "rounds"),
        ({"server_seconds": -1.0}, "server_seconds"),
        ({"token_budgets": ()}, "token_budgets"),
    ],
)
def test_a_protocol_that_makes_no_sense_is_refused(settings, why):
    with pytest.raises(InputError, match=why):
        Protocol(**settings)


def test_an_unknown_scenario_is_an_unknown_name():
    with pytest.raises(UnknownName):
        Protocol(scenarios=("multi_stream",))
