"""The one training loop: a generator that yields after every optimizer step.

Fine-tuning, pre-training and distillation are losses and batches for it, not loops of their own. It
knows no callbacks: whoever reads it decides what happens between steps (evaluate, save, stop).
Randomness (dropout) is drawn from the seed and the step alone, so nothing that happens between two
steps, not even a kill and a resume, changes the next.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar, final

import torch
from accelerate import Accelerator
from torch import Tensor
from torch.optim import Optimizer

from isogloss.base.errors import RunError
from isogloss.base.memory import is_out_of_memory
from isogloss.model.precision import Precision, without_plans
from isogloss.model.seeds import seed_from
from isogloss.train.clip import clip_gradients
from isogloss.train.graphs import Graphs
from isogloss.train.ranks import ranks_of

CHECK_EVERY = 50
"""Steps between checks for finite numbers where reading them makes the device wait."""

Part = TypeVar("Part")


@final
@dataclass(frozen=True)
class Terms:
    """How steps are taken, whatever is learned."""

    max_steps: int
    """The step after which training ends, counted from the very first."""

    learning_rate: Callable[[int], float]
    """Learning rate as a function of the steps already done."""

    precision: Precision
    seed: int
    max_grad_norm: float
    """Gradients are clipped to this norm; 0 turns clipping off."""

    first_step: int
    """Steps already done before this loop."""

    cuda_graphs: bool = False
    """Whether passes are recorded and replayed, which only a GPU can."""

    few_shapes: bool = True
    """Whether parts are of few shapes, so that a GPU may plan for each."""


@final
@dataclass(frozen=True)
class StepDone:
    """One optimizer step."""

    step: int
    """From 1."""

    loss: Tensor
    """Mean over the step; a scalar on the device, since reading it makes the device wait."""

    n: int
    """Things that the mean runs over."""

    grad_norm: Tensor
    """Norm of the gradient before clipping; a scalar on the device."""

    learning_rate: float
    """With which the step was taken."""


class Diverged(RunError):
    """The loss or its gradient became NaN or infinite, so the weights are lost."""

    code = "ISO-260"
    remedy = "Lower learning_rate, add warmup_steps, or train in fp32."

    def __init__(self, step: int, what: str, value: float) -> None:
        self.step = step
        super().__init__(
            f"The {what} is {value} at step {step}. Lower learning_rate or add warmup_steps; if it "
            "trains in bf16, precision: fp32 may help as well."
        )


class TooLarge(Exception):
    """A step did not fit the memory; the weights are those before it, and it can be taken again."""

    def __init__(self, step: int) -> None:
        self.step = step
        super().__init__(f"Step {step} does not fit the memory.")


@contextmanager
def fitting(step: int) -> Iterator[None]:
    """Tell of memory that runs out inside the context that it is this step that does not fit.

    Raises:
        TooLarge: if it does.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise TooLarge(step) from error


def fit(
    batches: Iterable[Sequence[Part]],
    loss: Callable[[Part], Tensor],
    *,
    optimizer: Optimizer,
    accelerator: Accelerator,
    terms: Terms,
    size: Callable[[Part], int] = len,  # type: ignore[assignment]
) -> Iterator[StepDone]:
    """Train, and yield after every optimizer step.

    Args:
        batches: one item is one optimizer step, cut into parts that fit the device; where several
            processes train together, this one's share of it.
        loss: the mean loss over a part, a scalar.
        optimizer: moves the weights; its learning rate is set at each step.
        accelerator: from `make_accelerator`.
        terms: how steps are taken.
        size: over how many things the mean of a part runs (examples for a text label, tokens for
            token labels); parts weigh by it, so how a batch is cut does not matter. A part of
            none is passed over, and a step of none leaves the weights alone.

    Raises:
        Diverged: if the loss or the gradient is not finite; checked at the last step, and at each
            step on a CPU or among several processes, every 50 steps elsewhere. The weights are
            those before the step.
        TooLarge: if memory runs out before the optimizer has begun to move the weights.
    """
    ranks = ranks_of(accelerator)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    clip = terms.max_grad_norm or float("inf")
    graphs = Graphs(loss, terms.precision, accelerator.device) if terms.cuda_graphs else None
    always = accelerator.device.type == "cpu" or ranks.n > 1
    try:
        for step, parts in enumerate(batches, start=terms.first_step + 1):
            reseed(terms.seed, step, ranks.share.rank)
            rate = terms.learning_rate(step - 1)
            for group in optimizer.param_groups:
                group["lr"] = rate
            (n,) = ranks.total([sum(size(part) for part in parts)])
            shares = [(part, size(part) / n) for part in parts if size(part)]
            with fitting(step), nullcontext() if terms.few_shapes else without_plans():
                if graphs is None:
                    total = _backward(shares, loss, accelerator, terms.precision)
                else:
                    total = _replayed(shares, graphs, accelerator.device)
            ranks.add_up(total)
            ranks.add_up_gradients(parameters)
            norm = clip_gradients(parameters, clip)
            if always or step % CHECK_EVERY == 0 or step == terms.max_steps:
                check_finite(step, "loss", total)
                check_finite(step, "norm of the gradient", norm)
            if n:
                optimizer.step()
            optimizer.zero_grad(set_to_none=graphs is None)
            yield StepDone(step, total, n, norm.detach(), rate)
            if step >= terms.max_steps:
                return
    finally:
        optimizer.zero_grad()


def _backward(
    shares: Sequence[tuple[Part, float]],
    loss: Callable[[Part], Tensor],
    accelerator: Accelerator,
    precision: Precision,
) -> Tensor:
    """Add up the gradients of all parts, each weighed by its share; return the loss of the step.

    One autocast context spans the step, so weights are cast once for all parts.
    """
    total = torch.zeros((), device=accelerator.device)
    with precision.autocast(accelerator.device):
        for part, share in shares:
            weighed = loss(part) * share
            with torch.autocast(accelerator.device.type, enabled=False):
                accelerator.backward(weighed)
            total = total + weighed.detach()
    return total


def _replayed(shares: Sequence[tuple[Part, float]], graphs: Graphs, device: torch.device) -> Tensor:
    """As `_backward`, with passes that are recorded."""
    total = torch.zeros((), device=device)
    for part, share in shares:
        total += graphs.backward(part, share)
    return total


def reseed(seed: int, step: int, rank: int = 0) -> None:
    """Set the random state of a step: a function of the seed, the step and the process only.

    As `torch.manual_seed` does for the processor and the GPU. For each kind of device that is not
    there that would write down the call stack and keep it, which takes 0.9 ms a step.
    """
    seed_of_step = seed_from([seed, step, *([rank] if rank else [])])
    torch.default_generator.manual_seed(seed_of_step)
    if torch.cuda.is_available():
        torch.cuda.manual_seed(seed_of_step)


def check_finite(step: int, what: str, value: Tensor) -> None:
    """Raise if a scalar is NaN or infinite; makes the device wait.

    Raises:
        Diverged: if it is.
    """
    if not torch.isfinite(value):
        raise Diverged(step, what, float(value))
