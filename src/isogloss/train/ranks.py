"""Several processes at one training, as `torchrun` and `accelerate launch` start them.

Every process (*rank*) has the whole model and learns from its share of each step; gradients are
added up before the step is taken, so all have the same weights after it. What a step is (its
examples, its loss) does not depend on how many processes there are. Whole numbers travel by the
processors' own network (gloo), so that no GPU is waited for.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, final

import torch
import torch.distributed as dist
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs
from torch import Tensor

from isogloss.base.errors import WorkerDied
from isogloss.base.memory import is_out_of_memory
from isogloss.data.shares import WHOLE, Share
from isogloss.model.precision import best_device

BUCKET_BYTES = 64 * 2**20
"""Of gradients that travel together."""

_PATIENCE = timedelta(days=14)
"""The other processes wait as long as rank 0 does what it does alone, such as to evaluate."""


@final
@dataclass(frozen=True)
class Ranks:
    """This process among those of one training; one process alone has nothing to exchange.

    Every exchange raises `WorkerDied` if another process has ended.
    """

    share: Share = WHOLE

    @property
    def leads(self) -> bool:
        """Whether this is rank 0, which writes and tells."""
        return self.share.rank == 0

    @property
    def n(self) -> int:
        """How many processes there are."""
        return self.share.n_ranks

    def total(self, numbers: Sequence[int]) -> list[int]:
        """Add up whole numbers over all processes, each with each.

        >>> Ranks().total([3, 4])
        [3, 4]
        """
        if self.n == 1:
            return list(numbers)
        summed = torch.tensor(numbers, dtype=torch.int64)
        with _met():
            dist.all_reduce(summed, group=_host())
        return [int(number) for number in summed]

    def add_up(self, value: Tensor) -> None:
        """Add up a tensor over all processes, in place."""
        if self.n > 1:
            with _met():
                dist.all_reduce(value)

    def add_up_gradients(self, parameters: Sequence[torch.nn.Parameter]) -> None:
        """Add up all gradients, in place; one that no process has stays away."""
        if self.n == 1:
            return
        has = torch.tensor([one.grad is not None for one in parameters], dtype=torch.uint8)
        with _met():
            dist.all_reduce(has, dist.ReduceOp.MAX, group=_host())
        learning = [one for one, some in zip(parameters, has.tolist(), strict=True) if some]
        for bucket in _buckets(learning):
            gradients = [_gradient(one) for one in bucket]
            flat = torch.cat([gradient.flatten() for gradient in gradients])
            with _met():
                dist.all_reduce(flat)
            parts = torch.split(flat, [gradient.numel() for gradient in gradients])
            for gradient, part in zip(gradients, parts, strict=True):
                gradient.copy_(part.view_as(gradient))

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.n > 1:
            with _met():
                dist.barrier(group=_host())

    def tell(self, what: Any) -> Any:
        """What rank 0 says, to all; the others' own word is not heard."""
        if self.n == 1:
            return what
        told = [what]
        with _met():
            dist.broadcast_object_list(told, src=0, group=_host())
        return told[0]


def make_accelerator() -> Accelerator:
    """Make the accelerator of this process; cheap, and the same for any number of trainings.

    Its own mixed precision is fixed for a process by the first one made, so it is switched off and
    `Precision.autocast` takes its place: one worker may train models in different precisions.
    """
    return Accelerator(
        cpu=best_device().type == "cpu",
        mixed_precision="no",
        kwargs_handlers=[InitProcessGroupKwargs(timeout=_PATIENCE)],
    )


def ranks_of(accelerator: Accelerator) -> Ranks:
    """This process among those that were launched with it."""
    return Ranks(Share(accelerator.process_index, accelerator.num_processes))


@contextmanager
def _met() -> Iterator[None]:
    """Exchange something; that another process is not there is no bug of this one."""
    try:
        yield
    except RuntimeError as error:  # gloo has no class of its own for it
        if is_out_of_memory(error):
            raise
        raise WorkerDied(
            "Another process of this training has ended, so this one ends, too: it was stopped, or"
            " its own message says why. The same command goes on from the last checkpoint."
        ) from error


@cache
def _host() -> Any:
    """The processes as a group that talks by processor; all of them make it at the same moment."""
    if dist.get_backend() == "gloo":
        return dist.group.WORLD
    return dist.new_group(backend="gloo", timeout=_PATIENCE)


def _buckets(parameters: Sequence[torch.nn.Parameter]) -> Iterator[list[torch.nn.Parameter]]:
    """Parameters of one kind of number together, up to the size of a bucket."""
    bucket: list[torch.nn.Parameter] = []
    size = 0
    for one in parameters:
        n_bytes = one.numel() * one.element_size()
        if bucket and (size + n_bytes > BUCKET_BYTES or one.dtype != bucket[0].dtype):
            yield bucket
            bucket, size = [], 0
        bucket.append(one)
        size += n_bytes
    if bucket:
        yield bucket


def _gradient(parameter: torch.nn.Parameter) -> Tensor:
    """Its gradient; zeros where another process has one and this one has none."""
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter)
    return parameter.grad
