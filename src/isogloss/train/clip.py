"""The norm of the gradient, and gradients that are no longer than they may be.

On a CPU PyTorch takes the norm of a whole matrix in half the time it could, and multiplies even by
one: both are passes over all weights. Row by row it takes the norm with all threads.
"""

from collections.abc import Sequence

import torch
from accelerate import Accelerator
from torch import Tensor, nn

EPSILON = 1e-6
"""Added to the norm that gradients are divided by, as PyTorch does."""


def clip_gradients(
    parameters: Sequence[nn.Parameter], longest: float, accelerator: Accelerator
) -> Tensor:
    """Scale all gradients alike, in place, so that together they are not longer than `longest`.

    Args:
        parameters: those without a gradient are passed over.
        longest: infinity leaves all as they are.
        accelerator: of the training.

    Returns:
        The norm before, a scalar; as of `torch.nn.utils.clip_grad_norm_`, rounding aside.
    """
    gradients = [one.grad for one in parameters if one.grad is not None]
    if accelerator.device.type != "cpu" or not gradients:
        norm: Tensor = accelerator.clip_grad_norm_(parameters, longest)
        return norm
    rows = [one.flatten(1) if one.dim() > 1 else one.reshape(1, -1) for one in gradients]
    norms = [torch.linalg.vector_norm(one, dim=1) for one in rows]
    whole: Tensor = torch.linalg.vector_norm(torch.cat(norms))
    if whole > longest:
        torch._foreach_mul_(gradients, (longest / (whole + EPSILON)).clamp(max=1.0))
    return whole
