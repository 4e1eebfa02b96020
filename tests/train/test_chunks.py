"""A large vocabulary in chunks: the losses and gradients of all positions at once."""

import pytest
import torch

from isogloss.model.precision import Precision
from isogloss.train import chunks
from isogloss.train.cached_targets import CachedTeacher
from isogloss.train.listening import Fixed, Listening
from isogloss.train.soft_labels import SampledTargets
from isogloss.train.soft_lesson import SoftLesson
from isogloss.train.teacher import OnlineTeacher
from pretraining_toys import CPU, VOCABULARY, first_step, learn, make_lesson, make_masked


class Drawn:
    """Keeps two ids of every position, as a teacher asked beforehand does."""

    reads, arrays, temperature = False, (), 1.5
    losses = CachedTeacher.losses

    def answers(self, readings, max_tokens):
        drawn = []
        for _, span in readings:
            first = torch.arange(span.n_places, dtype=torch.int32) % (VOCABULARY - 1)
            counts = torch.tensor([[3, 2]], dtype=torch.int32).expand(span.n_places, 2)
            drawn.append(SampledTargets(torch.stack([first, first + 1], 1), counts))
        return drawn


def hard():
    return make_lesson(last=6, label_smoothing=0.1)


def soft():
    """Three languages: a teacher that reads along, one asked beforehand, none."""
    teachers = [OnlineTeacher(make_masked(seed=5), temperature=2.0), Drawn(), None]
    return SoftLesson(make_lesson(last=6), teachers, Listening(Fixed(0.7), [3.0, 3.0, None]))


@pytest.mark.parametrize("make", [hard, soft])
@pytest.mark.parametrize(("precision", "rows"), [("fp32", 1), ("fp32", 5), ("bf16", 7)])
def test_chunks_give_the_loss_and_the_gradient_of_the_whole(
    make, rows, precision, monkeypatch, toys
):
    model = make_masked(dropout=0.0).train()
    parts = first_step(make(), toys.recipe(per_device_train_batch_size=20)).parts
    n = sum(map(len, parts))
    assert n > 10
    with Precision(precision, "test").autocast(CPU):
        whole, gradients = learn(model, make(), parts)
        monkeypatch.setattr(chunks, "LARGEST", rows * VOCABULARY + 1)
        calls = count_heads(monkeypatch)
        cut, others = learn(model, make(), parts)
    assert sum(calls) == 2 * n  # forward, and once more on the way back
    assert max(calls) == rows
    off = 1e-5 if precision == "fp32" else 2e-2
    assert cut == pytest.approx(whole, rel=off)
    assert gradients.keys() == others.keys()
    for name, gradient in gradients.items():
        assert (others[name] - gradient).norm() <= off * gradient.norm() + 1e-7, name


def count_heads(monkeypatch):
    calls, head = [], chunks.logits_of

    def counted(model, hidden):
        calls.append(len(hidden))
        return head(model, hidden)

    monkeypatch.setattr(chunks, "logits_of", counted)
    return calls


def test_a_small_vocabulary_is_not_cut(monkeypatch, toys):
    calls = count_heads(monkeypatch)
    model, lesson = make_masked(), make_lesson()
    (part,) = first_step(lesson, toys.recipe(per_device_train_batch_size=8)).parts
    lesson.loss(model, part).backward()
    assert calls == [len(part)]
