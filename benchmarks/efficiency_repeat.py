"""Do the figures of two encoders repeat, as ratios, when everything is measured again?

Two encoders are made from scratch in a temporary folder (a WordPiece BERT and a wider, deeper
XLM-R over the same sample sentences), measured side by side several times, and each figure's ratio
B / A is printed for each run. Ratios are what a comparison rests on; they should lie within 10 % of
each other on an idle machine.

    python benchmarks/efficiency_repeat.py > repeat.md
    python benchmarks/efficiency_repeat.py --quick      # a minute, says nothing

It takes about half an hour on two cores; ends with code 1 if a ratio strays further.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from isogloss.data.sample import SampleSource
from isogloss.efficiency.bench import bench
from isogloss.efficiency.candidate import Candidate
from isogloss.efficiency.protocol import DEFAULT_SCENARIOS, Protocol
from isogloss.efficiency.result import BenchResult, flat
from isogloss.efficiency.warmup import WarmUp
from isogloss.model.encoder import make_classifier, save_classifier
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import train_tokenizer

LABELS = ("negative", "neutral", "positive")
LANGUAGES = ("eng-Latn", "spa-Latn", "deu-Latn")
WITHIN = 0.10

QUICK = Protocol(
    rounds=1,
    n_texts=32,
    token_budgets=(256,),
    offline_seconds=0.1,
    single_stream_queries=20,
    server_seconds=0.2,
    cold_starts=1,
    warm_up=WarmUp(max_laps=20),
)


def write_encoder(
    folder: Path, architecture: str, algorithm: str, layers: int, hidden: int
) -> Path:
    """An encoder with random weights: it computes as long as a trained one."""
    source = SampleSource()
    texts = {
        language: [row.fields["text"] for row in source.rows(language, "train")]
        for language in LANGUAGES
    }
    tokenizer = train_tokenizer(
        texts, algorithm=algorithm, vocab_size=2000, family=architecture, seed=0, floor=0
    )
    size = Size(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 32,
        intermediate_size=4 * hidden,
        max_length=128,
        dropout=0.1,
    )
    config = scratch_config(architecture, tokenizer, size)
    model = make_classifier(config, LABELS, seed=0, attention="eager")
    save_classifier(model, tokenizer, folder)
    return folder


def candidates(home: Path) -> list[Candidate]:
    made = (
        ("bert-2x128", "bert", "wordpiece", 2, 128),
        ("xlmr-4x192", "xlm-roberta", "unigram", 4, 192),
    )
    return [
        Candidate(name, str(write_encoder(home / name, *rest)), LABELS, attention="eager")
        for name, *rest in made
    ]


def measure(pair: list[Candidate], texts: list[str], protocol: Protocol) -> BenchResult:
    measuring = bench(pair, texts, protocol)
    while True:
        try:
            progress = next(measuring)
        except StopIteration as end:
            return end.value
        print(f"\r{progress.done}/{progress.total} {progress.what:<40}", end="", file=sys.stderr)


def ratios(result: BenchResult) -> dict[str, float]:
    """B / A of each figure that both have."""
    first, second = flat(result).values()
    return {name: second[name] / first[name] for name in first if second.get(name) and first[name]}


def table(runs: list[dict[str, float]]) -> tuple[list[str], float]:
    """Lines of a Markdown table, and how far the worst ratio is from its median."""
    lines = [
        "| figure | "
        + " | ".join(f"B / A, run {at + 1}" for at in range(len(runs)))
        + " | spread |",
        "|---|" + "---:|" * (len(runs) + 1),
    ]
    worst = 0.0
    for name in runs[0]:
        values = [run[name] for run in runs if name in run]
        spread = max(abs(value / median(values) - 1) for value in values)
        worst = max(worst, spread)
        cells = " | ".join(f"{value:.3f}" for value in values)
        lines.append(f"| {name} | {cells} | {spread:.1%} |")
    return lines, worst


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run at all?")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--scenarios", default=",".join(DEFAULT_SCENARIOS), help="only some")
    parser.add_argument("--raw", type=Path, help="folder for the raw output of each run")
    arguments = parser.parse_args()
    scenarios = tuple(arguments.scenarios.split(","))
    full = Protocol(scenarios=scenarios, threads=arguments.threads)
    protocol = QUICK if arguments.quick else full
    source = SampleSource()
    texts = [row.fields["text"] for one in LANGUAGES for row in source.rows(one, "test")]
    started, runs = time.monotonic(), []
    with tempfile.TemporaryDirectory() as home:
        pair = candidates(Path(home))
        for number in range(1, arguments.runs + 1):
            result = measure(pair, texts, protocol)
            runs.append(ratios(result))
            for noise in result.busy:
                print(
                    f"\nrun {number}, {noise.during}: others used {noise.share:.0%}",
                    file=sys.stderr,
                )
            if arguments.raw:
                arguments.raw.mkdir(parents=True, exist_ok=True)
                raw = json.dumps(result.to_json(), indent=1)
                (arguments.raw / f"run-{number}.json").write_text(raw, encoding="utf-8")
    lines, worst = table(runs)
    print(f"A = {pair[0].name}, B = {pair[1].name}, {protocol.n_texts} texts\n", *lines, sep="\n")
    print(f"\nWorst distance of a ratio from its median over the runs: {worst:.1%}")
    print(f"\n{time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0 if worst <= WITHIN or arguments.quick else 1


if __name__ == "__main__":
    sys.exit(main())
