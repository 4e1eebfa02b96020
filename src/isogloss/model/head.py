"""The head of a model: which weights it is, and which output is which label.

A checkpoint that was fine-tuned for our labels may have them in another order. Labels are matched
by name and the rows of the last layer put into our order, which costs nothing and changes no bit of
a weight; taken by position, the model would look untrained.
"""

from collections.abc import Iterable, Sequence

import torch
from transformers import PreTrainedConfig, PreTrainedModel


def order_of_labels(config: PreTrainedConfig, labels: Sequence[str]) -> list[int] | None:
    """Where a checkpoint's head has each of our labels, whatever the case of their letters.

    Returns:
        Its output for each of our labels; None if its labels are others.
    """
    theirs = {str(label).casefold(): at for at, label in config.id2label.items()}
    ours = [label.casefold() for label in labels]
    same = len(config.id2label) == len(theirs) == len(ours) and theirs.keys() == set(ours)
    return [theirs[label] for label in ours] if same else None


def of_head(model: PreTrainedModel, name: str) -> bool:
    """Whether a weight is of the head, not of the encoder."""
    return not name.startswith(f"{model.base_model_prefix}.")


def outputs_of(model: PreTrainedModel) -> dict[str, torch.nn.Parameter]:
    """The weights with a row per label, by name: the last layer of the head."""
    layers = [
        (name, module)
        for name, module in model.named_modules()
        if of_head(model, f"{name}.") and isinstance(module, torch.nn.Linear)
    ]
    name, last = layers[-1] if layers else ("", torch.nn.Identity())
    return {f"{name}.{one}": parameter for one, parameter in last.named_parameters()}


def reorder(outputs: Iterable[torch.nn.Parameter], order: Sequence[int]) -> None:
    """Put row `order[i]` of each into place `i`."""
    with torch.no_grad():
        for parameter in outputs:
            parameter.copy_(parameter[list(order)].clone())


def replace_head(model: PreTrainedModel, fresh: PreTrainedModel) -> None:
    """Give a model the head of another of its shape."""
    source = dict(fresh.named_parameters())
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if of_head(model, name):
                parameter.copy_(source[name])
