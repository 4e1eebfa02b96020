"""The one loop: how a batch is cut does not matter, and what goes wrong is said."""

import pytest
import torch
from accelerate.state import AcceleratorState

from isogloss.model.precision import Precision
from isogloss.train.loop import Diverged, Terms, fit, reseed
from isogloss.train.ranks import make_accelerator

FP32, BF16 = Precision("fp32", "test"), Precision("bf16", "test")


def terms(max_steps=5, **more):
    plain = {"precision": FP32, "seed": 0, "max_grad_norm": 1.0, "first_step": 0}
    return Terms(max_steps=max_steps, **{**plain, "learning_rate": lambda done: 0.1, **more})


def train(sizes, *, dropout=0.0, rule=None, hook=None):
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 1)
    body = torch.nn.Sequential(torch.nn.Dropout(dropout), layer)
    x, y = torch.randn(8, 3), torch.randn(8, 1)
    pairs = list(zip(x, y, strict=True))
    parts, at = [], 0
    for size in sizes:
        parts.append(pairs[at : at + size])
        at += size

    def loss(part):
        xs, ys = (torch.stack(column) for column in zip(*part, strict=True))
        return torch.nn.functional.mse_loss(body(xs).float(), ys)

    optimizer = torch.optim.SGD(layer.parameters(), lr=99.0)
    done = []
    for step in fit(
        [parts] * 20,
        loss,
        optimizer=optimizer,
        accelerator=make_accelerator(),
        terms=rule or terms(),
    ):
        done.append(step)
        if hook is not None:
            hook()
    return done, layer.weight.detach().clone()


@pytest.mark.parametrize("cut", [(4, 4), (5, 3), (1, 7), (1,) * 8])
def test_how_a_batch_is_cut_does_not_change_training(cut):
    done, weight = train(cut)
    want, want_weight = train((8,))
    assert [float(d.loss) for d in done] == pytest.approx([float(d.loss) for d in want], rel=1e-5)
    assert torch.allclose(weight, want_weight, atol=1e-6)
    assert float(done[-1].loss) < float(done[0].loss)
    assert [d.n for d in done] == [8] * 5


def test_parts_weigh_by_what_their_mean_runs_over():
    weight = torch.nn.Parameter(torch.zeros(1))
    parts = [(2.0, 1), (5.0, 3)]  # gradient of a part, things in it
    step = next(
        fit(
            [parts],
            lambda part: part[0] * weight.sum(),
            optimizer=torch.optim.SGD([weight], lr=1.0),
            accelerator=make_accelerator(),
            terms=terms(max_grad_norm=0),
            size=lambda part: part[1],
        )
    )
    assert float(step.grad_norm) == pytest.approx((2 * 1 + 5 * 3) / 4)


@pytest.mark.parametrize("limit", [0, 0.01])
def test_the_gradient_is_clipped_to_the_norm_and_reported_before(limit):
    weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    step = next(
        fit(
            [[None]],
            lambda part: 0.5 * (weight**2).sum(),
            optimizer=torch.optim.SGD([weight], lr=1.0),
            accelerator=make_accelerator(),
            terms=terms(max_grad_norm=limit, learning_rate=lambda done: 1.0),
            size=lambda part: 1,
        )
    )
    assert float(step.grad_norm) == pytest.approx(5.0)
    moved = float((weight.detach() - torch.tensor([3.0, 4.0])).norm())
    assert moved == pytest.approx(limit or 5.0, rel=1e-3)


def test_the_schedule_sets_the_rate_of_each_step():
    done, _ = train((8,), rule=terms(learning_rate=lambda done: 0.1 / (done + 1)))
    assert [d.learning_rate for d in done] == pytest.approx([0.1 / k for k in range(1, 6)])


def test_what_happens_between_steps_does_not_change_dropout():
    plain, weight = train((8,), dropout=0.5)
    busy, same = train((8,), dropout=0.5, hook=lambda: torch.rand(17))
    assert torch.equal(weight, same)
    assert [float(d.loss) for d in plain] == [float(d.loss) for d in busy]


def test_the_random_state_of_a_step_is_a_function_of_seed_and_step():
    def drawn(seed, step):
        reseed(seed, step)
        return torch.rand(4).tolist()

    assert drawn(1, 2) == drawn(1, 2)
    assert len({tuple(drawn(*pair)) for pair in [(1, 2), (2, 1), (1, 3), (0, 2)]}) == 4


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_stops_training_and_leaves_the_weights(bad):
    weight = torch.nn.Parameter(torch.ones(1))
    losses = iter([1.0, 1.0, bad])
    optimizer = torch.optim.SGD([weight], lr=0.1)
    steps = fit(
        [[None]] * 9,
        lambda part: weight.sum() * next(losses),
        optimizer=optimizer,
        accelerator=make_accelerator(),
        terms=terms(max_steps=9),
        size=lambda part: 1,
    )
    with pytest.raises(Diverged, match=r"at step 3.*learning_rate") as caught:
        list(steps)
    assert caught.value.step == 3
    assert float(weight.detach()) == pytest.approx(0.8)


class Kinked(torch.autograd.Function):
    """Zero with a gradient that is no number, as of the root of zero or a norm of nothing."""

    @staticmethod
    def forward(ctx, weight):
        return weight * 0

    @staticmethod
    def backward(ctx, grad):
        return grad * float("nan")


@pytest.mark.parametrize("limit", [0, 1.0])
@pytest.mark.parametrize("last", [1, 2, 9])
def test_a_gradient_that_is_no_number_stops_training_and_leaves_the_weights(limit, last):
    weight = torch.nn.Parameter(torch.ones(1))
    steps = fit(
        [[None]] * 9,
        lambda part: Kinked.apply(weight).sum(),
        optimizer=torch.optim.SGD([weight], lr=0.1),
        accelerator=make_accelerator(),
        terms=terms(max_steps=last, max_grad_norm=limit),
        size=lambda part: 1,
    )
    with pytest.raises(Diverged, match=r"norm of the gradient is nan at step 1"):
        list(steps)
    assert weight.tolist() == [1.0]


def test_one_process_may_train_in_different_precisions():
    for precision in (FP32, BF16, FP32):
        done, weight = train((4, 4), rule=terms(precision=precision))
        assert weight.dtype == torch.float32
        assert len(done) == 5
    fp32, _ = train((8,))
    bf16, _ = train((8,), rule=terms(precision=BF16))
    assert float(bf16[-1].loss) == pytest.approx(float(fp32[-1].loss), rel=0.05)
    assert float(bf16[-1].loss) != float(fp32[-1].loss)


def test_weights_are_cast_once_for_all_parts_of_a_step():
    layer, casts = torch.nn.Linear(3, 1), []

    def loss(part):
        casts.append(layer(part).grad_fn.next_functions[-1][0].next_functions[0][0])
        return layer(part).float().mean()

    list(
        fit(
            [[torch.ones(2, 3), torch.ones(1, 3)]],
            loss,
            optimizer=torch.optim.SGD(layer.parameters(), lr=0.1),
            accelerator=make_accelerator(),
            terms=terms(max_steps=1, precision=BF16),
        )
    )
    assert [cast.name() for cast in casts] == ["ToCopyBackward0"] * 2
    assert casts[0] is casts[1]


def test_an_environment_that_asks_for_mixed_precision_is_not_heard(monkeypatch):
    AcceleratorState._reset_state()
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    assert make_accelerator().mixed_precision == "no"
