"""Passes recorded once on a GPU and replayed: one launch in place of a thousand.

Over a batch of short texts a GPU computes faster than a processor can tell it what to do. So parts
are padded to few widths, and the forward and backward pass over each shape is recorded when it
comes for the second time (a CUDA graph) and replayed from then on: the same operations, on the
same weights. Dropout still draws anew, from the seed of each step.

What a pass returns and the gradients it adds to lie at fixed places, so gradients are set to zero
between steps and never put away.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, final

import torch
from torch import Tensor

from isogloss.base.errors import RunError
from isogloss.base.memory import is_out_of_memory
from isogloss.model.precision import Precision

MOST = 64
"""Shapes that are recorded; the passes over others are launched as they come."""


@final
@dataclass(frozen=True)
class _Recorded:
    """A pass over parts of one shape."""

    graph: torch.cuda.CUDAGraph
    tensors: dict[str, Tensor]
    """Where the part's own are copied to."""

    share: Tensor
    loss: Tensor

    def replay(self, tensors: dict[str, Tensor], share: float) -> Tensor:
        for name, own in self.tensors.items():
            own.copy_(tensors[name])
        self.share.fill_(share)
        self.graph.replay()
        return self.loss.clone()


@final
class Graphs:
    """The passes of one training on one GPU."""

    def __init__(
        self, loss: Callable[[Any], Tensor], precision: Precision, device: torch.device
    ) -> None:
        """Record nothing yet.

        Args:
            loss: the mean loss over a part, a dataclass of tensors and whole numbers; it looks at
                the tensors only.
            precision: what passes compute with.
            device: a GPU.
        """
        self._loss = loss
        self._precision = precision
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()
        self._passes: dict[Any, _Recorded | None] = {}

    @property
    def recorded(self) -> Iterator[bool]:
        """Of each shape that came, whether its pass is recorded."""
        return (one is not None for one in self._passes.values())

    def backward(self, part: Any, share: float) -> Tensor:
        """Add the gradients of a part's loss times its share; return that, a scalar.

        Raises:
            RunError: if the model does something that cannot be recorded.
            RuntimeError: what a pass raises, memory that runs out included.
        """
        tensors = _tensors(part)
        shape = tuple((name, one.shape, one.dtype) for name, one in tensors.items())
        known = self._passes.get(shape)
        if known is None and shape in self._passes and sum(self.recorded) < MOST:
            known = self._passes[shape] = self._record(part, tensors)
        if known is not None:
            return known.replay(tensors, share)
        self._passes[shape] = None
        return self._take(part, share)

    def _take(self, part: Any, share: float) -> Tensor:
        """Launch each operation, where a recording would: so its places are made there."""
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            loss = self._pass(part, share)
        torch.cuda.current_stream(self._device).wait_stream(self._stream)
        return loss

    def _record(self, part: Any, tensors: dict[str, Tensor]) -> _Recorded:
        own = {name: one.clone() for name, one in tensors.items()}
        graph, share = torch.cuda.CUDAGraph(), torch.ones((), device=self._device)
        before = torch.cuda.current_stream(self._device)
        try:
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream):
                loss = self._pass(replace(part, **own), share)
        except RuntimeError as error:
            torch.cuda.set_stream(before)
            reasons = [error, error.__context__]
            if any(one is not None and is_out_of_memory(one) for one in reasons):
                raise
            raise RunError(
                f"The passes of this encoder cannot be recorded: {error.__context__ or error}. "
                "Write training.cuda_graphs: false."
            ) from error
        return _Recorded(graph, own, share, loss)

    def _pass(self, part: Any, share: float | Tensor) -> Tensor:
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
    """The tensors of a part, by name.

    Raises:
        TypeError: if it holds more than tensors and numbers: what is inside would not be copied.
    """
    found = {one.name: getattr(part, one.name) for one in fields(part)}
    strange = [name for name, one in found.items() if not isinstance(one, Tensor | int | None)]
    if strange:
        raise TypeError(f"{type(part).__name__}.{strange[0]} is neither a tensor nor a number")
    return {name: one for name, one in found.items() if isinstance(one, Tensor)}
