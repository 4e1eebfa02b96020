"""What the parts cost that a very large study is made of: steps in a store, and raw text.

python benchmarks/scale_parts.py --steps 20000 --megabytes 32

Each part runs in a process of its own and tells its seconds, those of a processor, and by how much
its peak of memory grew: parts to multiply, as docs/scaling.md does. The text is made by a
seeded generator from a vocabulary of made-up words that is as skewed as that of a language, so that
nothing has to be downloaded; a tokenizer is trained on a part of it.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from isogloss.data.folder import FolderSource
from isogloss.data.packing import Frame, Lines, Packed, pack
from isogloss.data.text import RawText, read_text
from isogloss.execute.agenda import Agenda
from isogloss.execute.executor import Outcome
from isogloss.model.lines import encode_lines, frame_of
from isogloss.model.tokenizer import train_tokenizer
from isogloss.plan.plan import Step
from isogloss.store.store import Store
from isogloss.study.layout import TEXT_ENDINGS

MIB = 2**20
EVALUATIONS = 9
"""Of each training, as in a study of nine languages."""


def main() -> None:
    """Print a line for each part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--megabytes", type=int, default=32)
    parser.add_argument("--only-text", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        place = Path(folder)
        if not asked.only_text:
            for of_steps in (agenda, claims, writes, listing):
                alone(of_steps, place, asked.steps)
        for of_text in (make_text, read, tokenize_and_pack, reopen):
            alone(of_text, place, asked.megabytes)


def alone(part: Callable[[Path, int], None], place: Path, size: int) -> None:
    """Run a part in a fresh process."""
    child = get_context("spawn").Process(target=part, args=(place, size))
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit(f"{part.__name__} ended with {child.exitcode}")


@contextmanager
def told(what: str, n: float, unit: str) -> Iterator[None]:
    """Print what the block took, and its rate by processor time: others may be at work."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, began_at_work = time.perf_counter(), time.process_time()
    yield
    took, worked = time.perf_counter() - began, time.process_time() - began_at_work
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{what}: {n:,.0f} {unit} in {took:.2f} s, {worked:.2f} s of a processor:"
        f" {worked / n * 1000:,.3f} ms each; +{grown:,.0f} MiB",
        flush=True,
    )


def key_of(number: int) -> str:
    """A key as those of plans look."""
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"


def agenda(place: Path, n: int) -> None:
    """The book-keeping of an executor that gives a training and its evaluations to a worker."""
    del place
    steps: list[Step] = []
    for number in range(n // (1 + EVALUATIONS)):
        train = Step("train", 1, {"number": number}, title="train", group=str(number))
        steps.append(train)
        for target in range(EVALUATIONS):
            payload = {"number": number, "target": target}
            steps.append(Step("evaluate", 1, payload, (train.key,), group=str(number)))
    with told("book-keeping of an executor", len(steps), "steps"):
        left = Agenda(steps)
        while left:
            for step in left.take():
                left.close(Outcome(step, "done"))


def claims(place: Path, n: int) -> None:
    """Claiming and giving back steps that nobody else wants."""
    store = Store(place / "store")
    store.check_writable()
    with told("claims", n, "claims"):
        for number in range(n):
            with store.claim(key_of(number), wait=False) as mine:
                if not mine:
                    raise SystemExit("a claim of nobody was refused")


def writes(place: Path, n: int) -> None:
    """Steps with one small file each, on this disk, every byte forced to it."""
    store, few = Store(place / "store"), max(1, n // 20)

    def fill(folder: Path) -> None:
        (folder / "predictions").write_bytes(b"x" * 4096)

    with told("writing small steps", few, "steps"):
        for number in range(few):
            store.write(key_of(number), "evaluate", {"number": number}, {"scores": []}, fill)


def listing(place: Path, n: int) -> None:
    """Which steps are finished; no manifest is read."""
    folder = place / "store" / "steps"
    for number in range(n):
        home = folder / key_of(number)
        home.mkdir(exist_ok=True)
        (home / "manifest.json").touch()
    store = Store(place / "store")
    with told("listing what is finished", n, "steps"):
        if len(store.keys()) != n:
            raise SystemExit("the listing is not what was written")
    with told("looking for single steps", n, "steps"):
        if not all(key_of(number) in store for number in range(n)):
            raise SystemExit("a step is not found")


def make_text(place: Path, megabytes: int) -> None:
    """Lines of a made-up language whose words are as unequal as those of others."""
    drawn = random.Random(7)
    letters = "eeeaaiionnrsttldumcpghbvfkzwyj"
    words = ["".join(drawn.choices(letters, k=drawn.randint(2, 11))) for _ in range(200_000)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    sums = [sum(weights[:1])]
    for weight in weights[1:]:
        sums.append(sums[-1] + weight)
    (place / "text" / "eng-Latn").mkdir(parents=True)
    size = 0
    with (place / "text" / "eng-Latn" / "train.txt").open("w", encoding="ascii") as file:
        while size < megabytes * 1_000_000:
            size += file.write(" ".join(drawn.choices(words, cum_weights=sums, k=18)) + "\n")
            if drawn.random() < 0.05:
                size += file.write("\n")


def read(place: Path, megabytes: int) -> None:
    """Read, normalize, drop repeats, hold out, and write as parquet."""
    source = FolderSource(place / "text", endings=TEXT_ENDINGS)
    with told("reading raw text", megabytes, "MB"):
        splits = read_text(
            source, "eng-Latn", train_splits=("train",), held_out=0.02, column="text"
        )
        splits.train.write(place / "lines.parquet")
    print(f"  {len(splits.train):,} lines")


def tokenize_and_pack(place: Path, megabytes: int) -> None:
    """Cut lines into sub-tokens and lay them into windows of 128."""
    text = RawText.read(place / "lines.parquet")
    tokenizer = train_tokenizer(
        {"eng-Latn": text.lines[:20_000]},
        algorithm="wordpiece",
        vocab_size=16_000,
        family="bert",
        seed=0,
    )
    with told("tokenizing and packing", megabytes, "MB"):
        lines = encode_lines(tokenizer, text.lines)
        packed = pack(
            Lines(lines.ids, lines.offsets, lines.characters),
            text.documents,
            Frame(*frame_of(tokenizer)),
            128,
        )
    print(f"  {len(packed.ids):,} tokens, {len(packed):,} windows", flush=True)
    packed.write(place / "packed.parquet")


def reopen(place: Path, megabytes: int) -> None:
    """What a training holds of its text."""
    with told("opening windows", megabytes, "MB"):
        packed = Packed.read(place / "packed.parquet")
    print(f"  {len(packed.ids):,} tokens")


if __name__ == "__main__":
    main()
