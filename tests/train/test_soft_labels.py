"""Soft labels: what is computed fast is what the formulas say."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from isogloss.base.errors import InputError
from isogloss.train import soft_labels as room
from isogloss.train.soft_labels import (
    sampled_loss,
    sampled_targets,
    soft_loss,
    top_k_loss,
    top_k_targets,
)

NUMBERS = st.floats(-20, 20, width=32)


@st.composite
def pairs(draw):
    """Logits of a student and a teacher, [k, V] each."""
    shape = draw(st.integers(1, 6)), draw(st.integers(2, 9))
    return tuple(
        torch.from_numpy(draw(arrays(np.float32, shape, elements=NUMBERS))) for _ in range(2)
    )


TEMPERATURES = st.sampled_from([0.5, 1.0, 2.0, 5.0])


def plainly(student, teacher, temperature=1.0):
    """[k] The divergence by its definition, in double precision."""
    p, q = (torch.softmax(x.double() / temperature, dim=1) for x in (teacher, student))
    return temperature**2 * (p * (p.log() - q.log())).sum(dim=1)


def gradient(loss, student, *arguments):
    """Of a loss weighed differently at each position."""
    own = student.clone().requires_grad_()
    losses = loss(own, *arguments)
    losses.backward(torch.arange(1, len(student) + 1).to(losses.dtype))
    return own.grad


@given(pairs(), TEMPERATURES)
def test_the_soft_loss_is_the_divergence_times_the_square_of_the_temperature(pair, temperature):
    found = soft_loss(*pair, temperature)
    assert found.shape == (len(pair[0]),)
    assert found.dtype == torch.float32
    assert torch.allclose(found.double(), plainly(*pair, temperature), rtol=1e-4, atol=1e-4)


@given(pairs(), TEMPERATURES)
def test_its_gradient_is_that_of_the_formula(pair, temperature):
    student, teacher = pair
    found = gradient(soft_loss, student, teacher, temperature)
    want = gradient(plainly, student.double(), teacher, temperature)
    assert torch.allclose(found.double(), want, rtol=1e-4, atol=1e-4)


@given(pairs(), TEMPERATURES)
def test_where_both_say_the_same_loss_and_gradient_are_exactly_zero(pair, temperature):
    same, _ = pair
    assert torch.equal(soft_loss(same, same.clone(), temperature), torch.zeros(len(same)))
    assert not gradient(soft_loss, same, same.clone(), temperature).any()
    half = same.bfloat16()
    assert not soft_loss(half, half, temperature).any()
    assert not gradient(soft_loss, half, half, temperature).any()


@given(pairs())
def test_each_position_has_its_own_loss_over_the_vocabulary(pair):
    """The softmax runs over the vocabulary: what another position says changes nothing."""
    whole = soft_loss(*pair)
    for at in range(len(whole)):
        alone = soft_loss(*(logits[at : at + 1] for logits in pair))
        assert torch.allclose(alone, whole[at : at + 1], atol=1e-6)


@pytest.mark.parametrize("cached", [1, 37, 2**18])
def test_how_many_positions_are_worked_on_at_once_changes_nothing(cached, monkeypatch):
    torch.manual_seed(0)
    student, teacher = torch.randn(2, 11, 7)
    want, slope = soft_loss(student, teacher), gradient(soft_loss, student, teacher)
    monkeypatch.setattr(room, "CACHED", cached)
    assert torch.equal(soft_loss(student, teacher), want)
    assert torch.equal(gradient(soft_loss, student, teacher), slope)


def test_the_gradient_never_reaches_the_teacher_nor_the_logits_of_the_student_change():
    student, teacher = torch.randn(2, 3, 5)
    kept = student.clone(), teacher.clone()
    student.requires_grad_()
    teacher.requires_grad_()
    soft_loss(student, teacher).sum().backward()
    assert teacher.grad is None
    assert torch.equal(student.detach(), kept[0])
    assert torch.equal(teacher.detach(), kept[1])


def test_no_positions_have_no_losses():
    none = torch.empty(0, 5)
    assert soft_loss(none, none).shape == (0,)
    assert sampled_loss(none, sampled_targets(none, 3)).shape == (0,)
    assert top_k_loss(none, top_k_targets(none, 3)).shape == (0,)


def dense(targets, size):
    """[k, V] The share of each id among those drawn."""
    share = targets.counts / targets.counts.sum(dim=1, keepdim=True)
    return torch.zeros(len(share), size).scatter_add_(1, targets.ids.long(), share)


def test_what_is_drawn_is_unbiased():
    torch.manual_seed(0)
    teacher, n, rounds = 2 * torch.randn(3, 6), 20, 3000
    generator = torch.Generator().manual_seed(1)
    drawn = [dense(sampled_targets(teacher, n, generator, 2.0), 6) for _ in range(rounds)]
    p = torch.softmax(teacher / 2, dim=1)
    error = torch.stack(drawn).mean(dim=0) - p
    standard = (p * (1 - p) / (n * rounds)).sqrt()
    assert (error.abs() < 4.5 * standard).all()


@given(pairs(), st.integers(1, 60), TEMPERATURES)
@settings(max_examples=50)
def test_the_sampled_loss_is_the_cross_entropy_to_the_shares_drawn(pair, n_draws, temperature):
    student, teacher = pair
    generator = torch.Generator().manual_seed(0)
    targets = sampled_targets(teacher, n_draws, generator, temperature)
    assert (targets.counts.sum(dim=1) == n_draws).all()
    assert targets.ids.dtype == targets.counts.dtype == torch.int32
    share = dense(targets, student.shape[1])
    want = -(share * torch.log_softmax(student / temperature, 1)).sum(1) * temperature**2
    assert torch.allclose(sampled_loss(student, targets, temperature), want, rtol=1e-4, atol=1e-4)
    found = gradient(sampled_loss, student, targets, temperature)
    scale = temperature * torch.arange(1, len(student) + 1)[:, None]
    slope = scale * (torch.softmax(student / temperature, 1) - share)
    assert torch.allclose(found, slope, rtol=1e-3, atol=1e-4)


def test_ids_are_drawn_once_each_and_again_from_the_same_generator():
    teacher = torch.zeros(4, 9)
    one, two = (sampled_targets(teacher, 30, torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    for ids, counts in zip(*one, strict=True):
        there = ids[counts > 0].tolist()
        assert there == sorted(set(there))


@given(pairs(), TEMPERATURES)
def test_the_loss_of_the_top_is_a_lower_bound_that_closes_with_k(pair, temperature):
    student, teacher = pair
    size = student.shape[1]
    bounds = [
        top_k_loss(student, top_k_targets(teacher, k, temperature), temperature)
        for k in range(1, size + 1)
    ]
    full = soft_loss(student, teacher, temperature)
    for lower, higher in zip(bounds, [*bounds[1:], full], strict=True):
        assert (lower <= higher + 1e-3 + 1e-4 * higher.abs()).all()
    assert torch.allclose(bounds[-1], full, rtol=1e-4, atol=1e-3)
    assert all(torch.isfinite(bound).all() for bound in bounds)


@given(pairs(), st.data())
def test_lost_mass_stays_in_its_bucket(pair, data):
    """Spread over the k it would make a target that the teacher never gave."""
    student, teacher = pair
    k = data.draw(st.integers(1, student.shape[1]))
    targets = top_k_targets(teacher, k)
    p = torch.softmax(teacher, 1)
    assert torch.allclose(targets.probabilities, p.sort(dim=1, descending=True).values[:, :k])
    assert torch.allclose(targets.probabilities.sum(1) + targets.tail, torch.ones(len(p)))
    buckets = [
        torch.cat([logits.gather(1, targets.ids.long()), _rest(logits, targets.ids)], dim=1)
        for logits in (student, teacher)
    ]
    want = plainly(*buckets) if k < student.shape[1] else plainly(student, teacher)
    found = top_k_loss(student, targets)
    assert torch.allclose(found.double(), want, rtol=1e-3, atol=1e-3)
    assert torch.isfinite(gradient(top_k_loss, student, targets)).all()


def _rest(logits, ids):
    """[k, 1] One logit that stands for all others."""
    return logits.scatter(1, ids.long(), -torch.inf).logsumexp(dim=1, keepdim=True)


@pytest.mark.parametrize("k", [0, 6])
def test_a_top_that_is_not_there_is_refused(k):
    with pytest.raises(InputError, match="between 1 and the 5"):
        top_k_targets(torch.zeros(2, 5), k)
