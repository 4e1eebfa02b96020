"""What an update with teachers that read along costs, in updates from the text alone.

python benchmarks/distillation_cost.py

Student and teachers are of one size; each step has windows of all languages, each with a teacher of
its own. Updates of both kinds are taken in turn, by the very code that a study runs, so what else
the machine does meets both alike. Teachers read several steps at once, so an update is the mean of
as many, and the ratio that of the medians of those; beside it stands the ratio of processor time,
which a busy machine disturbs less.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from isogloss.data.masking import MaskRules
from isogloss.data.mixture import Mixing
from isogloss.data.packing import Packed
from isogloss.data.ragged import offsets_of
from isogloss.model.masked import make_masked_lm
from isogloss.model.precision import best_device, choose_attention, choose_precision
from isogloss.model.scratch import Size, scratch_config
from isogloss.train.listening import Fixed, Listening
from isogloss.train.masked_lesson import MaskedLesson
from isogloss.train.pretrain import pretrain
from isogloss.train.recipe import Recipe
from isogloss.train.soft_lesson import AHEAD, SoftLesson
from isogloss.train.teacher import OnlineTeacher

PAD, FIRST, LAST, MASK, N_SPECIAL = 0, 1, 2, 3, 4
TARGET = 1.4
WARM_UP = 1


class Tokens(SimpleNamespace):
    """What a model asks of a tokenizer."""

    def __len__(self) -> int:
        return self.size


def main() -> None:
    """Print a Markdown table."""
    asked = parse()
    folder = Path(tempfile.mkdtemp(prefix="distillation-cost-"))
    updates = {name: begin(name, asked, folder / name) for name in ("hard", "soft")}
    wall = {name: [] for name in updates}
    processor = {name: [] for name in updates}
    for turn in range(WARM_UP + asked.turns):
        for name, steps in updates.items():
            began = time.perf_counter(), time.process_time()
            for _ in range(AHEAD):
                next(steps)
            if turn >= WARM_UP:
                wall[name].append((time.perf_counter() - began[0]) / AHEAD)
                processor[name].append((time.process_time() - began[1]) / AHEAD)
    tell(asked, wall, processor)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = {
        "turns": 15, "languages": 7, "windows": 64, "length": 64, "vocabulary": 8000,
        "layers": 3, "width": 192, "heads": 3, "inner": 384,
    }  # fmt: skip
    for name, default in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--architecture", default="modernbert")
    parser.add_argument("--weight", type=float, default=1.0)
    return parser.parse_args()


def begin(name, asked, folder):
    """A training that yields after each update."""
    recipe = Recipe(
        learning_rate=1e-3, num_train_epochs=None, max_steps=10**6,
        per_device_train_batch_size=asked.windows, gradient_accumulation_steps=1,
        weight_decay=0.01, adam_beta1=0.9, adam_beta2=0.98, adam_epsilon=1e-6, max_grad_norm=1.0,
        lr_scheduler_type="constant", warmup_steps=0, early_stopping_patience=None,
        early_stopping_threshold=0.0, eval_strategy="no", eval_steps=None,
        load_best_model_at_end=False, seed=0, precision="auto", logging_steps=100,
        save_seconds=None,
    )  # fmt: skip
    lesson = masked = make_lesson(asked)
    if name == "soft":
        teachers = [OnlineTeacher(make_model(asked, at + 1)) for at in range(asked.languages)]
        listening = Listening(Fixed(asked.weight), [3.0] * asked.languages)
        lesson = SoftLesson(masked, teachers, listening)
    return pretrain(
        make_model(asked, 0), lesson, recipe, pad_id=PAD, folder=folder, max_tokens=10**6
    )


def make_lesson(asked):
    """Random ids in windows of one length, equally many of each language."""
    rng = np.random.default_rng(0)
    corpora = []
    for _ in range(asked.languages):
        ids = rng.integers(N_SPECIAL, asked.vocabulary, (400, asked.length), dtype=np.int32)
        ids[:, 0], ids[:, -1] = FIRST, LAST
        offsets = offsets_of(np.full(400, asked.length, dtype=np.int64))
        corpora.append(Packed(ids.ravel(), offsets, np.ones(ids.size, np.int32)))
    maskable = np.arange(asked.vocabulary) >= N_SPECIAL
    rules = MaskRules(mask_id=MASK, candidates=np.flatnonzero(maskable), seed=0)
    return MaskedLesson(corpora, Mixing("balanced"), rules, maskable)


def make_model(asked, seed):
    size = Size(
        asked.width, asked.layers, asked.heads, asked.inner, max_length=asked.length, dropout=0.0,
        global_attn_every_n_layers=1,
    )  # fmt: skip
    tokens = Tokens(size=asked.vocabulary, pad_token_id=PAD, cls_token_id=FIRST, sep_token_id=LAST)
    config = scratch_config(asked.architecture, tokens, size)
    attention = choose_attention(asked.length, best_device())
    return make_masked_lm(config, seed=seed, attention=attention)


def tell(asked, wall, processor) -> None:
    device = best_device()
    precision = choose_precision("auto", device)
    tokens = asked.windows * asked.length
    print(
        f"{asked.architecture} {asked.layers} x {asked.width}, vocabulary {asked.vocabulary}, "
        f"{asked.windows} windows of {asked.length}, {asked.languages} languages a step, "
        f"{precision.name}, {device.type}, {torch.get_num_threads()} threads, "
        f"{asked.turns} turns of {AHEAD} updates of each kind\n"
    )
    print("| update | ms (median) | tokens/s | processor ms (median) |")
    print("|---|---|---|---|")
    for name in wall:
        seconds, busy = statistics.median(wall[name]), statistics.median(processor[name])
        print(f"| {name} | {1000 * seconds:.1f} | {tokens / seconds:,.0f} | {1000 * busy:.1f} |")
    ratios = [
        statistics.median(times["soft"]) / statistics.median(times["hard"])
        for times in (wall, processor)
    ]
    print(f"| ratio (target {TARGET}) | {ratios[0]:.3f} | | {ratios[1]:.3f} |")


if __name__ == "__main__":
    main()
