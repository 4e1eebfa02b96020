"""Which attention is faster at which length: batched products, or the fused kernel of PyTorch.

python benchmarks/attention.py

One layer's attention of a base encoder (12 heads of 64) over about 2,048 tokens, as transformers
calls it, with the mask of a batch with padding (made once a batch, so not timed): forward and
backward with and without dropout as in training, and forward alone as in evaluation. All take
turns; medians are printed. What
`isogloss.model.precision.choose_attention` says is in the last column: it was written after such a
table, since a choice by a stopwatch at run time could differ between two processes of one study,
and with it the last bits of their numbers.
"""

import argparse
import statistics
import time

import torch
from torch.nn import functional

from isogloss.model.precision import best_device, choose_attention, choose_precision

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
TOKENS, HEADS, WIDTH, DROPOUT = 2048, 12, 64, 0.1
WORK = ((True, DROPOUT), (True, 0.0), (False, 0.0))
"""Whether gradients are asked for, and dropout."""

LENGTHS = (16, 32, 64, 128, 192, 256, 384, 512, 1024)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    device = best_device()
    print(f"{device.type}, {asked.threads} threads, medians of {asked.rounds} rounds, ms\n")
    print("| | | with dropout | | without | | evaluation | | |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---|")
    print("| computes in | length | eager | sdpa | eager | sdpa | eager | sdpa | chosen |")
    for name in dict.fromkeys(choose_precision(one, device).name for one in ("auto", "fp32")):
        for length in LENGTHS:
            ms = measure(name, length, device, asked.rounds)
            chosen = choose_attention(length, device)
            print(f"| {name} | {length} | {' | '.join(f'{one:.2f}' for one in ms)} | {chosen} |")


def measure(precision: str, length: int, device: torch.device, rounds: int) -> list[float]:
    """[6] Milliseconds: by products and by the kernel, for each of `WORK`."""
    shape = (TOKENS // length, HEADS, length, WIDTH)
    drawn = [torch.randn(shape, device=device, requires_grad=True) for _ in range(3)]
    mask = torch.ones(shape[0], 1, 1, length, dtype=torch.bool, device=device)
    mask[0, ..., length // 2 :] = False
    mask = mask.expand(-1, -1, length, -1)
    added = torch.where(mask, 0.0, torch.finfo(DTYPES[precision]).min).to(DTYPES[precision])
    ways = [(way, *work) for work in WORK for way in (products, kernel)]
    seconds = [[] for _ in ways]
    with choose_precision(precision, device).autocast(device):
        cast = [one.to(DTYPES[precision]) for one in drawn]
        for number in range(rounds + 2):
            for at, (way, training, dropout) in enumerate(ways):
                given = [one.detach().requires_grad_(training) for one in cast]
                start = now(device)
                take(way, given, added if way is products else mask, dropout)
                if number >= 2:
                    seconds[at].append(now(device) - start)
    return [1000 * statistics.median(one) for one in seconds]


def take(way, tensors, mask, dropout) -> None:
    mixed = way(*tensors, mask, dropout)
    if mixed.requires_grad:
        mixed.sum().backward()


def products(query, key, value, mask, dropout):
    """As transformers' eager attention: scores, softmax in fp32, dropout, mixture."""
    scores = torch.matmul(query, key.transpose(2, 3)) * WIDTH**-0.5
    shares = functional.softmax(scores + mask, dim=-1, dtype=torch.float32).to(query.dtype)
    return torch.matmul(functional.dropout(shares, dropout), value)


def kernel(query, key, value, mask, dropout):
    """PyTorch's own."""
    return functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, dropout_p=dropout
    )


def now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    main()
