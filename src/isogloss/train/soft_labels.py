"""Soft labels: how far a student's distribution over the vocabulary is from a teacher's.

All losses are one number a position, in nats and fp32, with the square of the temperature that
keeps gradients comparable (Hinton et al. 2015). The full distribution is the default. Where it is
too much to keep, `sampled` targets are unbiased (Anshumann et al. 2025); `top_k` targets lose mass,
which here stays in a bucket of its own and is never spread over the k.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from isogloss.base.errors import InputError

CACHED = 2**18
"""Numbers that are worked on at once on a CPU: as many as its caches hold."""

ELSEWHERE = 2**26
"""The same on a GPU, whose memory a large vocabulary would fill with copies in fp32."""


def soft_loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float = 1.0) -> Tensor:
    """Return T^2 KL(teacher || student) of the softened distributions, a number a position.

    Loss and gradient are exactly 0 where both say the same. The gradient goes to the student only.

    Args:
        student_logits: [k, V].
        teacher_logits: [k, V].
        temperature: T; more than 1 flattens both distributions.

    Returns:
        [k]

    >>> soft_loss(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 2.0]]), 2.0)
    tensor([0.])
    """
    loss: Tensor = _SoftLoss.apply(  # type: ignore[no-untyped-call]
        student_logits, teacher_logits.detach(), temperature
    )
    return loss


class _SoftLoss(Function):
    """The loss and its gradient, T (student - teacher), in one pass while the numbers are near.

    With s and t for the logits over T, and q and p for their softmax, the divergence is the sum of
    p (t - s), less how much higher the teacher's logarithm of the sum of exponentials is. That
    logarithm is s - log q at any place; at the greatest nothing underflows. So there is one
    exponential for each number where the definition asks for two.
    """

    @staticmethod
    def forward(ctx: Any, student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
        """Work through the positions a few at a time."""
        gradient = torch.empty_like(student)
        loss = student.new_empty(len(student), dtype=torch.float32)
        for rows in _rows_at_once(student):
            s, t = _softened(student[rows], temperature), _softened(teacher[rows], temperature)
            q, p = functional.softmax(s, dim=-1), functional.softmax(t, dim=-1)
            higher = (t.amax(dim=-1) - p.amax(dim=-1).log()) - (
                s.amax(dim=-1) - q.amax(dim=-1).log()
            )
            loss[rows] = t.sub_(s).mul_(p).sum(dim=-1) - higher
            gradient[rows] = q.sub_(p)
        ctx.save_for_backward(gradient)
        ctx.temperature = temperature
        return loss.mul_(temperature**2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        """Scale what was found on the way forward, in fp32."""
        (gradient,) = ctx.saved_tensors
        scale = (upstream * ctx.temperature).unsqueeze(1)
        scaled = torch.empty_like(gradient)
        for rows in _rows_at_once(gradient):
            scaled[rows] = gradient[rows] * scale[rows]
        return scaled, None, None


def _rows_at_once(logits: Tensor) -> Iterator[slice]:
    """All rows in turn: as many at once as stay near the processor."""
    at_once = CACHED if logits.device.type == "cpu" else ELSEWHERE
    n = max(1, at_once // logits.shape[1])
    for start in range(0, len(logits), n):
        yield slice(start, start + n)


def _softened(logits: Tensor, temperature: float) -> Tensor:
    """The logits over T, a copy in fp32."""
    copied = logits.to(torch.float32, copy=True)
    return copied if temperature == 1 else copied.div_(temperature)


class SampledTargets(NamedTuple):
    """Ids drawn from a teacher's distribution, with how often each was."""

    ids: Tensor
    """[k, m] int32, ascending; 0 where fewer than `m` different ones were drawn."""

    counts: Tensor
    """[k, m] int32; 0 where there is none."""


def sampled_targets(
    teacher_logits: Tensor,
    n_draws: int,
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
) -> SampledTargets:
    """Draw ids from the teacher's softened distribution, with replacement.

    The share of draws of an id is an unbiased estimate of its probability, so the expected gradient
    is that of the full distribution.

    Args:
        teacher_logits: [k, V].
        n_draws: per position.
        generator: of the random numbers.
        temperature: T.
    """
    p = functional.softmax(teacher_logits.float() / temperature, dim=-1)
    if not len(p):
        return SampledTargets(*(p.new_empty(0, 0, dtype=torch.int32) for _ in range(2)))
    drawn = torch.multinomial(p, n_draws, replacement=True, generator=generator).sort(dim=-1).values
    is_first = torch.ones_like(drawn, dtype=torch.bool)
    is_first[:, 1:] = drawn[:, 1:] != drawn[:, :-1]
    at = is_first.cumsum(dim=-1) - 1
    width = int(at.max()) + 1
    counts = drawn.new_zeros(len(drawn), width).scatter_add_(1, at, torch.ones_like(drawn))
    ids = drawn.new_zeros(len(drawn), width).scatter_(1, at, drawn)
    return SampledTargets(ids.int(), counts.int())


def sampled_loss(
    student_logits: Tensor, targets: SampledTargets, temperature: float = 1.0
) -> Tensor:
    """Return T^2 times the cross-entropy to the sampled distribution, a number a position.

    It exceeds the divergence by the teacher's entropy, which moves no weight.

    Args:
        student_logits: [k, V].
        targets: from `sampled_targets` at the same temperature.
        temperature: T.

    Returns:
        [k]
    """
    log_s = functional.log_softmax(student_logits.float() / temperature, dim=-1)
    share = targets.counts / targets.counts.sum(dim=-1, keepdim=True)
    return -(share * log_s.gather(1, targets.ids.long())).sum(dim=-1) * temperature**2


class TopTargets(NamedTuple):
    """The most probable ids of a teacher, and what they leave out."""

    ids: Tensor
    """[k, n] int32, the most probable first."""

    probabilities: Tensor
    """[k, n] fp32, as the teacher gave them."""

    tail: Tensor
    """[k] fp32 probability of all the others together."""


def top_k_targets(teacher_logits: Tensor, k: int, temperature: float = 1.0) -> TopTargets:
    """Keep the `k` most probable ids of the teacher's softened distribution.

    Args:
        teacher_logits: [positions, V].
        k: at most V.
        temperature: T.

    Raises:
        InputError: if there are fewer than `k` ids.
    """
    if not 1 <= k <= teacher_logits.shape[1]:
        raise InputError(f"top_k {k} is not between 1 and the {teacher_logits.shape[1]} entries.")
    log_t = functional.log_softmax(teacher_logits.float() / temperature, dim=-1)
    values, ids = log_t.topk(k, dim=-1)
    tail = log_t.scatter(1, ids, -torch.inf).exp().sum(dim=-1)
    return TopTargets(ids.int(), values.exp(), tail)


def top_k_loss(student_logits: Tensor, targets: TopTargets, temperature: float = 1.0) -> Tensor:
    """Return T^2 KL(teacher || student) over k ids and one bucket of all the others.

    Joining outcomes never raises a divergence, so this is a lower bound of the full one, and equal
    to it where the k are the whole vocabulary.

    Args:
        student_logits: [positions, V].
        targets: from `top_k_targets` at the same temperature.
        temperature: T.

    Returns:
        [positions]
    """
    ids = targets.ids.long()
    log_s = functional.log_softmax(student_logits.float() / temperature, dim=-1)
    p = targets.probabilities
    loss = (torch.xlogy(p, p) - p * log_s.gather(1, ids)).sum(dim=-1)
    if ids.shape[1] < log_s.shape[1]:
        log_tail = log_s.scatter(1, ids, -torch.inf).logsumexp(dim=-1)
        loss = loss + torch.xlogy(targets.tail, targets.tail) - targets.tail * log_tail
    return loss * temperature**2
