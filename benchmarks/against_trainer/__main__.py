"""The command: read the arguments, lay out the data, take turns, print."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.against_trainer.arms import ISOGLOSS, NOT_QUICK, TRAINER_ARMS, arms_of
from benchmarks.against_trainer.inputs import check_data, prepare
from benchmarks.against_trainer.job import Job
from benchmarks.against_trainer.page import NOTES, machine_lines, parity_lines, task_lines
from benchmarks.against_trainer.scale import FULL, PARITY, QUICK, QUICK_PARITY, Scale
from benchmarks.against_trainer.teach import teach
from benchmarks.against_trainer.turns import ROOT, in_turn, run
from isogloss.base.errors import IsoglossError
from isogloss.base.threads import available_cores
from isogloss.efficiency.machine import describe_machine
from isogloss.efficiency.peak import matmul_peaks
from isogloss.model.precision import best_device, native_bf16

TASKS = tuple(FULL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 2 if the data are missing."""
    asked = parse(arguments)
    torch.set_num_threads(asked.threads)
    try:
        check_data(asked.data, ["parity"] if asked.parity else asked.tasks)
        measure(asked)
    except IsoglossError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def measure(asked: argparse.Namespace) -> None:
    """Print each table when it is done; what was measured is kept, whatever comes."""
    raw = {**surroundings(asked.threads), "titles": {}, "runs": []}
    print("\n".join([*machine_lines(raw), ""]), flush=True)
    with TemporaryDirectory(prefix="against-trainer-") as home:
        try:
            for lines in (parity if asked.parity else speed)(asked, raw, Path(home)):
                print("\n".join(lines), end="\n\n", flush=True)
        finally:
            write_json(raw, asked.json)


def write_json(raw: dict[str, Any], path: Path | None) -> None:
    """Write the raw numbers, if a file was named."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.against_trainer",
        description="How fast Isogloss trains and evaluates, beside the Trainer of transformers.",
    )
    data = ROOT.parent / "shared" / "data"
    parser.add_argument(
        "--data", type=Path, default=data, help="folder of sentiment/, ner_uner/, text/"
    )
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--also", nargs="+", choices=NOT_QUICK, default=[], help="more arms")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=2, help="the first is not timed")
    parser.add_argument("--batch", type=int, help="examples a step; as many steps an epoch")
    parser.add_argument("--max-tokens", type=int, default=8192, help="of a pass of Isogloss")
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--json", type=Path, help="file for the raw numbers")
    parser.add_argument("--parity", action="store_true", help="compare scores, not seconds")
    parser.add_argument("--seeds", type=int, nargs="+", help="of --parity, in place of 1 to 5")
    others = list(TRAINER_ARMS["parity"])
    parser.add_argument("--against", nargs="+", choices=others, help="of --parity, in place of all")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run at all?")
    asked = parser.parse_args(arguments)
    if min(asked.rounds, asked.threads, asked.epochs - 1, asked.batch or 1) < 1:
        parser.error("--rounds, --threads and --batch begin at 1, --epochs at 2")
    if not asked.parity and (asked.seeds or asked.against):
        parser.error("--seeds and --against are about --parity: give it, too, or leave them out")
    asked.data = asked.data.resolve()
    return asked


def surroundings(threads: int) -> dict[str, Any]:
    """The machine, and how fast it multiplies at best."""
    device = best_device()
    native, evidence = native_bf16(device.type)
    peaks = [matmul_peaks(device) for _ in range(3)]
    machine = describe_machine(threads)
    return {
        "machine": {**machine, "capability": torch.backends.cpu.get_cpu_capability()},
        "bf16": f"native ({evidence})" if native else f"not native ({evidence}): fp32 instead",
        "peaks": {name: max(one[name] for one in peaks) for name in peaks[0]},
    }


def speed(asked: argparse.Namespace, raw: dict[str, Any], home: Path) -> Iterator[list[str]]:
    """Measure one task after the other; yield the lines of each."""
    for task in asked.tasks:
        scale, folder = scale_of(task, asked), home / task
        prepare(task, asked.data, scale, folder)
        taught = teach(task, scale, folder) if scale.taught_epochs else None
        raw["titles"][task] = title(scale, taught)
        arms = arms_of(task, quick=asked.quick, also=tuple(asked.also))
        turns = in_turn(
            task,
            arms,
            rounds=asked.rounds,
            threads=asked.threads,
            epochs=asked.epochs,
            scale=scale,
            folder=folder,
        )
        for measured in turns:
            raw["runs"].append(measured)
            write_json(raw, asked.json)
        yield list(task_lines(raw, task))
    yield list(NOTES)


def scale_of(task: str, asked: argparse.Namespace) -> Scale:
    """The sizes of a task, with the batch that was asked for: then random weights are evaluated."""
    scale = replace((QUICK if asked.quick else FULL)[task], max_tokens=asked.max_tokens)
    if asked.batch is None:
        return scale
    larger = {name: getattr(scale, name) // scale.batch * asked.batch for name in ("rows", "pool")}
    return replace(scale, batch=asked.batch, **larger, taught_epochs=0)


def parity(asked: argparse.Namespace, raw: dict[str, Any], home: Path) -> Iterator[list[str]]:
    """Train from several seeds in both ways; yield the lines."""
    both = QUICK_PARITY if asked.quick else PARITY
    prepare("parity", asked.data, both.scale, home / "parity")
    raw["titles"]["parity"] = f"{title(both.scale)}, {both.epochs:g} epochs, from random weights"
    for seed in asked.seeds or both.seeds:
        for arm in (*(asked.against or TRAINER_ARMS["parity"]), ISOGLOSS):
            with TemporaryDirectory(prefix="against-trainer-") as scratch:
                job = Job(
                    "parity", arm, 0, asked.threads, both.scale, home / "parity", Path(scratch),
                    seed=seed, epochs=both.epochs,
                )  # fmt: skip
                raw["runs"].append(run(job, f"parity, seed {seed}: {arm}"))
                write_json(raw, asked.json)
    yield list(parity_lines(raw))


def title(scale: Scale, taught: float | None = None) -> str:
    """What is trained and what is read, in a line."""
    evaluated = (
        ""
        if taught is None
        else f"; evaluated: such a model after {scale.taught_epochs:g} epochs by Isogloss, "
        f"loss {taught:.2f}"
    )
    return (
        f"{scale.architecture} {scale.layers} x {scale.width}, {scale.heads} heads, "
        f"{scale.inner}; {scale.table or 'all'} rows of embeddings, tokenizer of at most "
        f"{scale.vocabulary} ({scale.algorithm}); {scale.rows} examples, batches of {scale.batch}, "
        f"at most {scale.max_length} tokens{evaluated}"
    )


if __name__ == "__main__":
    sys.exit(main())
