"""The norm of the gradient, and gradients that are no longer than they may be.

On a CPU PyTorch takes twice the time it needs for the norm of a whole matrix, in one thread, and
multiplies even by one: both are passes over all weights. Row by row all threads take the norm.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def clip_gradients(parameters: Sequence[nn.Parameter], max_norm: float) -> Tensor:
    """Scale all gradients alike, in place, so that together they are not longer than `max_norm`.

    Args:
        parameters: those without a gradient are passed over.
        max_norm: infinity leaves all as they are.

    Returns:
        The norm before, a scalar; as of `torch.nn.utils.clip_grad_norm_`, rounding aside. On a CPU
        a norm that is no number leaves the gradients as they are.
    """
    gradients = [one.grad for one in parameters if one.grad is not None]
    if not gradients or gradients[0].device.type != "cpu":
        return nn.utils.clip_grad_norm_(parameters, max_norm)
    rows = [one.flatten(1) if one.dim() > 1 else one.reshape(1, -1) for one in gradients]
    norm: Tensor = torch.linalg.vector_norm(
        torch.cat([torch.linalg.vector_norm(one, dim=1) for one in rows])
    )
    if norm > max_norm:
        nn.utils.clip_grads_with_norm_(parameters, max_norm, norm)
    return norm
