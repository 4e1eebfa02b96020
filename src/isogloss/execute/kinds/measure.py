"""Step `measure`: all candidates of a study in turn, each in a process of its own, nothing beside.

The samples are test texts of the languages trained on, as many of each. The record holds what was
measured of each candidate as scores, so that they stand in the results table like any other; the
raw output, with every sample, is a file.
"""

import json
from pathlib import Path
from typing import Any

from isogloss.efficiency.bench import bench, choose
from isogloss.efficiency.candidate import Candidate
from isogloss.efficiency.protocol import Protocol
from isogloss.efficiency.result import BenchResult, CandidateResult
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.data import read_tagged_examples, read_texts
from isogloss.execute.kinds.serve import loaded_as
from isogloss.execute.kinds.train import names_of_head
from isogloss.model.precision import best_device, choose_attention
from isogloss.store.step_files import MEASURED


def make_measured(bench_: Bench) -> Making:
    """Measure; a candidate that fails is recorded, the others go on."""
    payload = bench_.payload
    protocol = Protocol(**payload["protocol"], busy=bench_.step.settings["busy"])
    result = yield from bench(_candidates(bench_), _samples(bench_, protocol), protocol)
    text = json.dumps(result.to_json(), ensure_ascii=False, allow_nan=False)
    return Made(
        _record(result),
        lambda folder: _write(folder / MEASURED, text),
    )


def _candidates(bench_: Bench) -> list[Candidate]:
    payload = bench_.payload
    return [
        Candidate(
            name=f"{encoder}/{form}",
            folder=str(bench_.need(at).resolve()),
            labels=tuple(names_of_head(payload)),
            task="tags" if "task" in payload else "text",
            form=loaded_as(form, bench_.record(at)["precision"]),
            attention=choose_attention(payload["max_length"], best_device()),
            max_length=payload["max_length"],
        )
        for at, (encoder, form) in enumerate(payload["candidates"])
    ]


def _samples(bench_: Bench, protocol: Protocol) -> list[Any]:
    """As many samples of each language; of one that has fewer, all."""
    first, last = len(bench_.payload["candidates"]), len(bench_.step.needs)
    each = max(1, protocol.n_texts // (last - first))
    samples: list[Any] = []
    for at in range(first, last):
        samples += choose(_texts(bench_, at), each, seed=protocol.seed)
    return samples


def _texts(bench_: Bench, at: int) -> list[Any]:
    if "task" in bench_.payload:
        return [list(e.tokens) for e in read_tagged_examples(bench_.need(at)).examples]
    return list(read_texts(bench_.need(at), tagged=False))


def _record(result: BenchResult) -> dict[str, Any]:
    return {
        "rounds": result.protocol.rounds,
        "parts": {one.name: _part(one) for one in result.candidates},
        "machine": result.machine,
        "busy": [noise._asdict() for noise in result.busy],
        "watched": any(noise.share is not None for noise in result.noise),
        "lengths": result.lengths,
    }


def _part(one: CandidateResult) -> dict[str, Any]:
    """One candidate's figures as scores; `n_scored` is how many samples the value rests on.

    Device, precision and whether the warm-up became stable are None where loading failed.
    """
    scores = [
        {
            "metric": measured.name,
            "value": measured.typical,
            "n_scored": len(measured.samples),
            "n_unscored": 0,
        }
        for measured in one.measured
    ]
    samples = {measured.name: list(measured.samples) for measured in one.measured}
    load = one.facts.get("load", {})
    return {
        "scores": scores,
        "samples": samples,
        "missing": one.facts.get("missing", {}),
        "failure": one.failure,
        "device": load.get("device"),
        "precision": load.get("precision"),
        "stable": load.get("warm_up", {}).get("stable"),
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")
