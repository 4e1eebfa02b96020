"""The measuring process: `python -m isogloss.efficiency.child --threads N`.

It reads a command a line (JSON) and answers a line (JSON); between two commands it blocks on
reading and uses no processor, so several of them can take turns. What libraries write to standard
output goes to standard error, so that nothing but answers is on the pipe.
"""

import json
import os
import signal
import sys
import time
import traceback
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO, final

import numpy as np
import torch
from torch import nn

from isogloss.base.errors import IsoglossError, UnknownName
from isogloss.efficiency.answering import Sample, answer
from isogloss.efficiency.candidate import Candidate
from isogloss.efficiency.energy import estimate_energy
from isogloss.efficiency.flops import forward_flops
from isogloss.efficiency.lengths import describe_lengths
from isogloss.efficiency.machine import describe_machine
from isogloss.efficiency.memory import peak_rss_mb, peak_vram_mb
from isogloss.efficiency.offline import offline, offline_for
from isogloss.efficiency.peak import peaks_by_device
from isogloss.efficiency.server import (
    BELOW,
    Run,
    ServerRules,
    Timing,
    arrivals,
    climb,
    following,
    highest_rate,
    judge,
    max_rate,
    serve,
)
from isogloss.efficiency.serving import Loaded
from isogloss.efficiency.single_stream import draw, single_stream
from isogloss.efficiency.size import count_parameters, disk_mb, parameters_of_folder
from isogloss.efficiency.warmup import WarmUp, warm_up

LAP_SAMPLES = 8
"""Samples of one warm-up lap."""
SETTLING_LAPS = 3
"""Laps before each turn: another process has had the caches meanwhile."""

clock = time.perf_counter


@final
class Desk:
    """Does commands, one at a time. The methods are the commands; their arguments are JSON."""

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self._threads = threads
        self._loaded: Loaded | None = None
        self._samples: Sequence[Sample] = ()
        self._rate = 0.0

    def do(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Do one command.

        Raises:
            UnknownName: if there is no such command.
        """
        what = dict(command)
        name = what.pop("do")
        commands: dict[str, Callable[..., dict[str, Any]]] = {
            "machine": self.machine,
            "load": self.load,
            "samples": self.samples,
            "answer": self.answer,
            "warm": self.warm,
            "offline": self.offline,
            "single_stream": self.single_stream,
            "server": self.server,
            "energy": self.energy,
            "counts": self.counts,
            "memory": self.memory,
        }
        if name not in commands:
            raise UnknownName("command", name, commands)
        return commands[name](**what)

    def machine(self) -> dict[str, Any]:
        """Describe the machine and measure its peaks."""
        described = describe_machine(self._threads)
        return {**described, "matmul_peak_flops": peaks_by_device()}

    def load(self, candidate: Mapping[str, Any]) -> dict[str, Any]:
        """Load a candidate."""
        before = peak_rss_mb()
        start = clock()
        self._loaded = Loaded(Candidate.from_json(candidate))
        return {
            "load_s": clock() - start,
            "rss_before_load_mb": before,
            "rss_after_load_mb": peak_rss_mb(),
            "precision": _numbers_of(self._loaded),
            "device": str(self._loaded.device),
        }

    def samples(self, samples: Sequence[Sample]) -> dict[str, Any]:
        """Take the samples that later commands are about."""
        self._samples = samples
        return {"n": len(samples)}

    def answer(self, sample: Sample) -> dict[str, Any]:
        """Answer one sample."""
        with self._model.running():
            return {"answer": answer(self._model, [sample])[0]}

    def warm(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """Warm up until stable."""
        with self._model.running():
            return warm_up(self._lap, WarmUp(**rule), clock=clock)._asdict()

    def offline(self, budgets: Sequence[int], seconds: float) -> dict[str, Any]:
        """Answer all samples with each budget, again and again for some seconds."""
        self._settle()
        passes = offline_for(self._model, self._samples, budgets, seconds=seconds, clock=clock)
        return {
            "passes": [
                {**one._asdict(), "laps": [lap._asdict() for lap in one.laps]} for one in passes
            ]
        }

    def single_stream(self, queries: int, seed: int) -> dict[str, Any]:
        """Answer one sample after the other."""
        self._settle()
        drawn = draw(len(self._samples), queries, seed=seed)
        streamed = single_stream(self._model, self._samples, drawn, clock=clock)
        return {
            name: [round(latency, 4) for latency in latencies]
            for name, latencies in streamed._asdict().items()
        }

    def server(
        self, rules: Mapping[str, Any], seed: int, first: int, trials: int
    ) -> dict[str, Any]:
        """Search where the highest rate under the bound may be, or go on from there.

        Args:
            rules: of the server.
            seed: of the traffic, together with the number of the trial.
            first: number of the first trial of this turn; 0 for the search.
            trials: of this turn.
        """
        own = ServerRules(**rules)
        self._settle()
        with self._model.running():
            if first == 0:
                start = 1 / self._seconds_of_one(seed)
                runs = highest_rate(lambda rate: self._try_rate(rate, own, seed), start, own)
                self._rate = BELOW * max_rate(runs)
            else:
                runs = self._climb(own, seed, range(first, first + trials))
        return {"runs": [run._asdict() for run in runs]}

    def _climb(self, rules: ServerRules, seed: int, trials: range) -> list[Run]:
        """Some steps of the staircase; none where not even a single query is answered in time."""
        if not self._rate:
            return []
        runs = climb(
            lambda trial, rate: self._try_rate(rate, rules, seed + trial), self._rate, trials
        )
        self._rate = following(runs[-1])
        return runs

    def energy(self, budget: int, seconds: float) -> dict[str, Any]:
        """Estimate the energy of a million samples."""

        def work() -> int:
            return offline(self._model, self._samples, [budget], clock=clock).n_samples

        return estimate_energy(work, seconds=seconds, clock=clock)._asdict()

    def counts(self) -> dict[str, Any]:
        """Count what needs no clock."""
        candidate, model = self._model.candidate, self._model.model
        folder = Path(candidate.folder)
        lengths = self._model.encode(self._samples).lengths
        parameters = (
            count_parameters(model)
            if isinstance(model, nn.Module)
            else parameters_of_folder(folder, candidate.task)
        )
        counts: dict[str, Any] = {
            "parameters": parameters.total,
            "embedding_parameters": parameters.embedding,
            "body_parameters": parameters.body,
            "disk_mb": disk_mb(folder, form=candidate.form),
            "lengths": describe_lengths(lengths.tolist(), "tokens"),
            "n_tokens": int(lengths.sum()),
        }
        try:
            counts["flops"] = forward_flops(model.config, lengths.tolist(), task=candidate.task)
        except UnknownName as error:
            counts["flops_reason"] = str(error)
        return counts

    def memory(self) -> dict[str, Any]:
        """Say how much memory was taken at most so far."""
        return {"peak_rss_mb": peak_rss_mb(), "peak_vram_mb": peak_vram_mb()}

    @property
    def _model(self) -> Loaded:
        if self._loaded is None:
            raise ValueError("no candidate is loaded")
        return self._loaded

    def _lap(self) -> object:
        return answer(self._model, self._samples[:LAP_SAMPLES])

    def _settle(self) -> None:
        with self._model.running():
            for _ in range(SETTLING_LAPS):
                self._lap()

    def _seconds_of_one(self, seed: int) -> float:
        drawn = draw(len(self._samples), 20, seed=seed)
        streamed = single_stream(self._model, self._samples, drawn, clock=clock)
        return float(np.mean(streamed.total_ms)) / 1000

    def _try_rate(self, rate: float, rules: ServerRules, seed: int) -> Run:
        times = arrivals(max(1, round(rate * rules.seconds)), rate, seed=seed).tolist()
        drawn = draw(len(self._samples), len(times), seed=seed)

        def work(first: int, end: int) -> object:
            return answer(self._model, [self._samples[query] for query in drawn[first:end]])

        timing = Timing(clock, time.sleep)
        return judge(rate, times, serve(times, work, rules, timing=timing), rules.p99_ms)


def _numbers_of(loaded: Loaded) -> str:
    """What most products are computed in; int8 kernels stand behind an fp32 interface."""
    return "int8" if loaded.candidate.form.endswith("int8") else loaded.precision.name


def _in_brief(error: Exception) -> str:
    """What happened and where, in a line that a table can stand beside."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__}: {error} ({last.filename}, line {last.lineno})"


def listen(desk: Desk, commands: TextIO, answers: TextIO) -> None:
    """Do commands until there are no more; a failed command is an answer."""
    for line in commands:
        command = json.loads(line)
        try:
            said: dict[str, Any] = {"answer": desk.do(command)}
        except IsoglossError as error:
            said = {"error": str(error)}
        except Exception as error:
            said = {"error": _in_brief(error)}
        answers.write(json.dumps(said) + "\n")
        answers.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the parent. Signals reach every process; only the parent decides what they mean."""
    parser = ArgumentParser(prog="isogloss.efficiency.child")
    parser.add_argument("--threads", type=int, required=True)
    threads = parser.parse_args(arguments).threads
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        listen(Desk(threads), sys.stdin, answers)


if __name__ == "__main__":
    main()
