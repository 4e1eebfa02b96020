"""Real processes and tiny real models: seconds, and no figure is asserted."""

import json
import os
import signal
import time
from dataclasses import replace

import pytest

from finishing import result_of
from isogloss.efficiency.answering import answer
from isogloss.efficiency.bench import bench
from isogloss.efficiency.busy import PROC
from isogloss.efficiency.link import Failed, Link
from isogloss.efficiency.protocol import Protocol
from isogloss.efficiency.result import BenchResult, flat
from isogloss.efficiency.serving import Loaded
from isogloss.efficiency.warmup import WarmUp

QUICK = Protocol(
    rounds=2,
    scenarios=("offline", "single_stream", "server"),
    n_texts=20,
    offline_seconds=0.01,
    token_budgets=(32, 256),
    single_stream_queries=5,
    server_seconds=0.02,
    server_p99_ms=1000.0,
    warm_up=WarmUp(window=1, min_laps=3, max_laps=3),
    busy="ignore",
    threads=1,
)
NAMES = {
    "parameters",
    "embedding_parameters",
    "body_parameters",
    "disk_mb",
    "flops_per_token",
    "peak_share",
    "peak_rss_mb",
    "offline_samples_per_second",
    "offline_tokens_per_second",
    "offline_forward_samples_per_second",
    "single_stream_p50_ms",
    "single_stream_p99_ms",
    "single_stream_forward_p50_ms",
}


def test_two_real_models_are_measured_side_by_side(candidates, texts):
    result = result_of(bench(candidates, texts, QUICK))
    assert [one.failure for one in result.candidates] == [None, None]
    values = flat(result)
    for candidate in candidates:
        assert set(values[candidate.name]) >= NAMES
        assert all(value > 0 for value in values[candidate.name].values())
    assert result.machine["threads"] == 1
    assert BenchResult.from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.fixture(scope="module")
def link():
    link = Link(1)
    yield link
    link.stop()


def test_a_process_outlives_a_mistake(link, candidates):
    with pytest.raises(Failed, match="Unknown command 'offlin'"):
        link.ask("offlin")
    with pytest.raises(Failed, match="no candidate is loaded"):
        link.ask("answer", sample="good")
    gone = replace(candidates[0], folder="/nowhere")
    with pytest.raises(Failed, match="/nowhere"):
        link.ask("load", candidate=gone.to_json())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_is_the_parents_to_understand(link, number):
    with pytest.raises(Failed, match="Unknown command"):
        link.ask("now it listens")
    os.kill(link.pid, number)
    with pytest.raises(Failed, match="Unknown command"):
        link.ask("it listens still")


def test_a_process_answers_as_the_model_does(link, candidates, texts):
    link.ask("load", candidate=candidates[0].to_json())
    loaded = Loaded(candidates[0])
    with loaded.running():
        want = answer(loaded, texts[:5])
    assert [link.ask("answer", sample=text)["answer"] for text in texts[:5]] == want


@pytest.mark.skipif(not PROC.is_dir(), reason="reads /proc")
def test_a_process_that_waits_uses_no_processor(link):
    def ticks():
        stat = (PROC / str(link.pid) / "stat").read_text()
        return sum(map(int, stat.rpartition(")")[2].split()[11:13]))

    time.sleep(0.2)  # threads of a matrix product spin for a moment
    before = ticks()
    time.sleep(0.3)
    assert ticks() - before <= 1


def test_a_process_that_is_killed_says_so(link):
    os.kill(link.pid, signal.SIGKILL)
    with pytest.raises(Failed, match=r"died with code -9 \(killed"):
        link.ask("memory")
