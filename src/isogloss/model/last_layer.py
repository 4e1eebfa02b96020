"""The last layer of an encoder only where somebody looks: exact, and less of the most costly work.

A classifier reads the first token of a text, a tagger the first piece of each word, a masked
language model what is hidden. What the last layer makes of all other tokens nobody reads: of them
only its keys and values are needed. So it is given the tokens that are asked for, and its
projections to keys and values are given all.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from transformers import PreTrainedModel

KEYS_AND_VALUES = ({"key", "value"}, {"k_lin", "v_lin"})
"""What families call these projections of a layer."""


@final
@dataclass
class Whole:
    """What the last layer knows of all tokens while it looks at some."""

    hidden: Tensor
    """[1, tokens, width] What the layer before said."""

    key: Tensor
    """[1, tokens, heads * width of a head]"""

    value: Tensor
    """Likewise."""


class LastLayer(NamedTuple):
    """The modules that are given something else than usual."""

    layer: nn.Module
    key: nn.Module
    value: nn.Module


def last_layer_of(body: PreTrainedModel) -> LastLayer | None:
    """Find the last layer, by the length of the list of layers; None where its parts are others."""
    n_layers = getattr(body.config, "num_hidden_layers", 0)
    lists = (one for one in body.modules() if isinstance(one, nn.ModuleList))
    layers = next((one for one in lists if len(one) == n_layers), None)
    if not layers:
        return None
    named = {name.rpartition(".")[2]: module for name, module in layers[-1].named_modules()}
    for names in KEYS_AND_VALUES:
        if names <= named.keys():
            return LastLayer(layers[-1], *(named[name] for name in sorted(names)))
    return None


@contextmanager
def only(last: LastLayer, asked: Tensor) -> Iterator[None]:
    """Let the last layer look at some tokens inside the context, if attention knows of `Whole`.

    Args:
        last: of the body that runs.
        asked: [asked] which tokens of the row, ascending, each once.
    """
    nothing = torch.empty(0)
    whole = Whole(nothing, nothing, nothing)

    def narrowed(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        whole.hidden = given[0]
        return (take(given[0][0], asked)[None], *given[1:]), {**named, "whole": whole}

    def widened(*_: Any) -> Any:
        return whole.hidden

    def kept(name: str) -> Any:
        def keep(_: nn.Module, __: Any, output: Tensor) -> Tensor:
            setattr(whole, name, output)
            return output[:, : len(asked)]  # of the right shape; nobody reads it

        return keep

    with ExitStack() as hooks:
        for hook in (
            last.layer.register_forward_pre_hook(narrowed, with_kwargs=True),
            last.key.register_forward_pre_hook(widened),
            last.value.register_forward_pre_hook(widened),
            last.key.register_forward_hook(kept("key")),
            last.value.register_forward_hook(kept("value")),
        ):
            hooks.callback(hook.remove)
        yield


def take(rows: Tensor, places: Tensor) -> Tensor:
    """[places, width] Rows from different places, each at most once: its gradient adds nothing."""
    taken: Tensor = _Take.apply(rows, places)  # type: ignore[no-untyped-call]
    return taken


class _Take(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, places: Tensor) -> Tensor:
        ctx.save_for_backward(places)
        ctx.n = rows.shape[0]
        return rows[places]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (places,) = ctx.saved_tensors
        rows = gradient.new_zeros(ctx.n, gradient.shape[1])
        rows[places] = gradient
        return rows, None
