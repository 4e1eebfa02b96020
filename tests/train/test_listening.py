"""Listening: whom a student learns from follows from dev losses alone."""

import numpy as np
import pytest

from isogloss.base.errors import InputError
from isogloss.train.listening import Adaptive, Fixed, Listening, Threshold

TEACHERS = [3.0, 4.0, None]


def heard(policy, *losses):
    listening = Listening(policy, TEACHERS)
    for one in losses:
        listening.hear(np.array(one))
    return listening.weights().tolist()


@pytest.mark.parametrize("policy", [Fixed(0.7), Threshold(0.7), Adaptive(0.7)])
def test_before_the_first_dev_losses_all_teachers_are_heard_and_a_missing_one_never(policy):
    assert heard(policy) == [0.7, 0.7, 0.0]


def test_a_fixed_weight_stays():
    assert heard(Fixed(0.7), [1.0, 9.0, 1.0]) == [0.7, 0.7, 0.0]
    assert not Listening(Fixed(), TEACHERS).listens


def test_a_threshold_stops_listening_to_who_is_outdone():
    assert heard(Threshold(margin=0.5), [3.6, 4.5, 9.0]) == [1.0, 0.0, 0.0]


def test_who_falls_back_listens_again():
    assert heard(Threshold(), [2.0, 5.0, 1.0], [5.0, 2.0, 1.0]) == [1.0, 0.0, 0.0]


def test_an_adaptive_weight_halves_with_each_step_past_the_teacher():
    policy = Adaptive(weight=0.8, slack=1.0, halving=0.5)
    assert heard(policy, [4.0, 4.5, 1.0]) == pytest.approx([0.8, 0.4, 0.0])
    assert heard(policy, [3.0, 2.0, 1.0]) == pytest.approx([0.2, 0.8 / 64, 0.0])


def test_weights_hang_on_the_newest_losses_only():
    last = [3.1, 4.2, 1.0]
    for policy in (Threshold(), Adaptive()):
        assert heard(policy, [9.0, 9.0, 9.0], [0.0, 0.0, 0.0], last) == heard(policy, last)


def test_a_new_training_has_heard_nothing():
    listening = Listening(Threshold(), TEACHERS)
    listening.hear(np.array([0.0, 0.0, 0.0]))
    listening.hear(None)
    assert listening.weights().tolist() == [1.0, 1.0, 0.0]


def test_what_is_handed_out_is_a_copy():
    listening = Listening(Fixed(), TEACHERS)
    listening.weights()[:] = 5.0
    assert listening.weights().tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("policy", [Threshold(), Adaptive()])
def test_a_teacher_whose_loss_is_not_known_cannot_be_compared(policy):
    with pytest.raises(InputError, match="every teacher's loss"):
        Listening(policy, [3.0, float("nan")])


def test_a_fixed_weight_needs_no_losses():
    assert Listening(Fixed(0.5), [float("nan"), None]).weights().tolist() == [0.5, 0.0]


@pytest.mark.parametrize("weight", [-0.1, 1.5])
def test_a_weight_is_a_share(weight):
    with pytest.raises(InputError, match="0 to 1"):
        Listening(Fixed(weight), TEACHERS)


def test_halving_takes_some_nats():
    with pytest.raises(InputError, match="more than 0"):
        Adaptive(halving=0.0)


def test_what_decides_the_weights_is_told_apart():
    policies = [
        Fixed(),
        Fixed(0.5),
        Threshold(),
        Threshold(margin=0.1),
        Adaptive(),
        Adaptive(slack=1),
    ]
    told = [str(Listening(policy, TEACHERS).settings()) for policy in policies]
    assert len(set(told)) == len(policies)
    nobody = Listening(Threshold(), [3.0, None, None]).settings()
    assert nobody != Listening(Threshold(), TEACHERS).settings()


def test_a_checkpoint_is_known_where_the_losses_of_teachers_are_rounded_otherwise():
    """As with another number of threads, which add up in another order."""
    rounded = [loss and loss * (1 + 1e-7) for loss in TEACHERS]
    assert Listening(Threshold(), rounded).settings() == Listening(Threshold(), TEACHERS).settings()
