"""Passes recorded once on a GPU and replayed: one launch in place of a thousand.

Over a batch of short texts a GPU computes faster than a processor can tell it what to do. So parts
are padded to few widths, and the forward and backward pass over each shape is recorded when it
comes for the second time (a CUDA graph) and replayed from then on: the same operations, on the
same weights. Dropout still draws anew, from the seed of each step.

What a pass returns and the gradients it adds to lie at fixed places, so gradients are set to zero
between steps and never put away.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any, Generic, TypeVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isogloss.base.memory import is_out_of_memory
from isogloss.model.precision import Precision

EVERY = 16
"""Widths are multiples of it: a finer division pads less and records more."""

Part = TypeVar("Part")

_log = logging.getLogger(__name__)


def widths_for(lengths: NDArray[np.int64]) -> tuple[int, ...]:
    """To which widths sequences of these lengths are padded; none is wider than the longest.

    >>> widths_for(np.array([3, 40, 20]))
    (16, 32, 40)
    """
    longest = int(lengths.max(initial=1))
    return (*range(EVERY, longest, EVERY), longest)


@final
class _Recorded:
    """A pass over parts of one shape."""

    def __init__(self, tensors: dict[str, Tensor], share: Tensor) -> None:
        self.graph = torch.cuda.CUDAGraph()
        self.tensors = tensors
        self.share = share
        self.loss = torch.empty(0)

    def replay(self, tensors: dict[str, Tensor], share: float) -> Tensor:
        for name, own in self.tensors.items():
            own.copy_(tensors[name])
        self.share.fill_(share)
        self.graph.replay()
        return self.loss.clone()


@final
class Graphs(Generic[Part]):
    """The passes of one training on one GPU."""

    def __init__(
        self, loss: Callable[[Part], Tensor], precision: Precision, device: torch.device
    ) -> None:
        """Record nothing yet.

        Args:
            loss: the mean loss over a part, a dataclass whose tensors are all that it looks at.
            precision: what passes compute with.
            device: a GPU.
        """
        self._loss = loss
        self._precision = precision
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()
        self._passes: dict[Any, _Recorded | None] = {}
        self._records = True

    @property
    def recorded(self) -> Iterator[bool]:
        """Of each shape that came, whether its pass is recorded."""
        return (one is not None for one in self._passes.values())

    def backward(self, part: Any, share: float) -> Tensor:
        """Add the gradients of a part's loss times its share; return that, a scalar.

        Raises:
            RuntimeError: what a pass raises, memory that runs out included.
        """
        tensors = _tensors(part)
        shape = tuple((name, one.shape, one.dtype) for name, one in tensors.items())
        if self._records and shape in self._passes:
            recorded = self._passes[shape] or self._record(part, tensors)
            if recorded is not None:
                self._passes[shape] = recorded
                return recorded.replay(tensors, share)
        self._passes.setdefault(shape, None)
        return self._take(part, share)

    def _take(self, part: Part, share: float) -> Tensor:
        """Launch each operation, where a recording would: so its places are made there."""
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            loss = self._pass(part, share)
        torch.cuda.current_stream(self._device).wait_stream(self._stream)
        return loss

    def _record(self, part: Any, tensors: dict[str, Tensor]) -> _Recorded | None:
        """None if the model does something that cannot be recorded; it is not asked again."""
        own = {name: one.clone() for name, one in tensors.items()}
        recorded = _Recorded(own, torch.ones((), device=self._device))
        try:
            with torch.cuda.graph(recorded.graph, pool=self._pool, stream=self._stream):
                recorded.loss = self._pass(replace(part, **own), recorded.share)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            self._records = False
            _log.warning("Passes of this encoder cannot be recorded, so none is: %s", error)
            return None
        return recorded

    def _pass(self, part: Part, share: float | Tensor) -> Tensor:
        with self._precision.autocast(self._device), _without_cache():
            weighed = self._loss(part) * share
        weighed.backward()  # type: ignore[no-untyped-call]
        return weighed.detach()


def _without_cache() -> Any:
    """Cast weights inside each pass: a cast that is kept would be none of the recording."""
    return torch.autocast(
        "cuda",
        dtype=torch.bfloat16,
        enabled=torch.is_autocast_enabled("cuda"),
        cache_enabled=False,
    )


def _tensors(part: Any) -> dict[str, Tensor]:
    """The tensors of a part, by name."""
    found = {one.name: getattr(part, one.name) for one in fields(part)}
    return {name: one for name, one in found.items() if isinstance(one, Tensor)}
