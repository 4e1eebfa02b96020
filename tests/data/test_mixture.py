"""Languages in a step: what each is due, exactly, and every window in its turn."""

import math
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isogloss.base.errors import InputError, UnknownName
from isogloss.data.mixture import Mixing, draw_steps, probabilities

SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=8)
POWERS = st.floats(-1, 2)
MIXINGS = st.one_of(
    st.sampled_from([Mixing("natural"), Mixing("balanced")]),
    st.builds(lambda a: Mixing("alpha", alpha=a), POWERS),
    st.builds(lambda a, b: Mixing("annealed", alpha=a, alpha_end=b), POWERS, POWERS),
    st.just(Mixing("unimax", max_epochs=1000.0)),
)


def steps_of(mixing, sizes, *, per_step=4, total_steps=20, seed=0, first_step=0):
    return list(
        draw_steps(
            mixing,
            sizes,
            per_step=per_step,
            total_steps=total_steps,
            seed=seed,
            first_step=first_step,
        )
    )


def shares(mixing, sizes, *, progress=0.0, total_draws=100):
    return probabilities(mixing, sizes, progress=progress, total_draws=total_draws).tolist()


def draws_of(n, per_step, total_steps):
    """Windows of each step, counted as a loader over one long list would."""
    epoch = [min(per_step, n - at) for at in range(0, n, per_step)]
    return [epoch[step % len(epoch)] for step in range(total_steps)]


def counts_of(steps, n_languages):
    return np.array([np.bincount(step.languages, minlength=n_languages) for step in steps])


def test_each_rule_gives_its_shares():
    assert shares(Mixing("natural"), [1, 3]) == [0.25, 0.75]
    assert shares(Mixing("balanced"), [1, 3]) == [0.5, 0.5]
    assert shares(Mixing("alpha", alpha=0.5), [1, 9]) == pytest.approx([0.25, 0.75])
    annealed = Mixing("annealed", alpha=1.0, alpha_end=0.0)
    assert shares(annealed, [1, 3], progress=0) == [0.25, 0.75]
    assert shares(annealed, [1, 3], progress=1) == [0.5, 0.5]
    assert shares(annealed, [1, 9], progress=0.5) == pytest.approx([0.25, 0.75])
    back = Mixing("annealed", alpha=0.0, alpha_end=1.0)
    assert shares(back, [1, 3], progress=1) == [0.25, 0.75]
    assert shares(back, [1, 3], progress=0) == [0.5, 0.5]
    assert shares(Mixing("alpha", alpha=0.0), [1, 9]) == [0.5, 0.5]


@pytest.mark.parametrize("total_steps", [2, 5])
def test_annealing_begins_at_its_first_exponent_and_ends_at_its_last(total_steps):
    steps = steps_of(
        Mixing("annealed", alpha=1.0, alpha_end=0.0), [250, 750], per_step=100,
        total_steps=total_steps,
    )  # fmt: skip
    counts = counts_of(steps, 2)
    assert counts[0].tolist() == [25, 75]
    assert counts[-1].tolist() == pytest.approx([50, 50], abs=1)


def test_unimax_caps_the_small_and_gives_the_rest_to_the_large():
    once = Mixing("unimax", max_epochs=1.0)
    assert shares(once, [50, 10, 100], total_draws=90) == pytest.approx([4 / 9, 1 / 9, 4 / 9])
    assert shares(once, [50, 10, 100], total_draws=160) == pytest.approx([5 / 16, 1 / 16, 10 / 16])
    assert shares(once, [50, 10, 100], total_draws=30) == pytest.approx([1 / 3] * 3)
    assert shares(once, [10, 10], total_draws=20) == pytest.approx([0.5, 0.5])


@given(sizes=SIZES, epochs=st.floats(0.5, 5), share=st.floats(0.1, 1))
def test_unimax_is_as_even_as_the_caps_allow(sizes, epochs, share):
    total = max(1, math.floor(sum(sizes) * epochs * share))
    caps = [epochs * size for size in sizes]
    if sum(caps) < total:
        return
    due = np.array(shares(Mixing("unimax", max_epochs=epochs), sizes, total_draws=total)) * total
    assert sum(due) == pytest.approx(total)
    assert (due <= np.array(caps) * (1 + 1e-9)).all()
    free = [value for value, cap in zip(due, caps, strict=True) if value < cap * (1 - 1e-9)]
    assert not free or max(free) == pytest.approx(min(free))  # alike where no cap binds
    assert not free or max(due) <= max(free) * (1 + 1e-9)


def test_unimax_that_cannot_fill_the_training_is_refused():
    with pytest.raises(InputError, match=r"max_epochs 2 allows 40 windows, and .* draws 41"):
        probabilities(Mixing("unimax", max_epochs=2.0), [10, 10], progress=0, total_draws=41)
    with pytest.raises(InputError, match="train for fewer steps"):
        steps_of(Mixing("unimax", max_epochs=1.0), [3, 3], per_step=3, total_steps=3)


@pytest.mark.parametrize(("sizes", "which"), [([3, 0, 2, 0], "numbers 1, 3"), ([], "there are no")])
def test_a_language_without_windows_is_refused(sizes, which):
    with pytest.raises(InputError, match=which):
        shares(Mixing("natural"), sizes)


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ({"kind": "alpha"}, "alpha"),
        ({"kind": "annealed", "alpha": 1.0}, "alpha_end"),
        ({"kind": "unimax"}, "max_epochs"),
        ({"kind": "unimax", "max_epochs": 0.0}, "max_epochs above 0"),
        ({"kind": "alpha", "alpha": math.nan}, "alpha"),
    ],
)
def test_a_rule_without_its_numbers_is_refused(fields, needs):
    with pytest.raises(InputError, match=f"needs {needs}"):
        Mixing(**fields)


def test_an_unknown_rule_is_answered_with_the_known_ones():
    with pytest.raises(UnknownName, match="Did you mean 'balanced'"):
        Mixing("balance")


@given(mixing=MIXINGS, sizes=SIZES, per_step=st.integers(1, 12), total_steps=st.integers(1, 60))
def test_after_any_step_each_language_had_what_it_is_due_rounded_up_or_down(
    mixing, sizes, per_step, total_steps
):
    draws = draws_of(sum(sizes), per_step, total_steps)
    total, last = sum(draws), max(1, total_steps - 1)
    due = np.cumsum(
        [
            n * probabilities(mixing, sizes, progress=step / last, total_draws=total)
            for step, n in enumerate(draws)
        ],
        axis=0,
    )
    steps = steps_of(mixing, sizes, per_step=per_step, total_steps=total_steps)
    assert [len(step.languages) for step in steps] == draws
    drawn = np.cumsum(counts_of(steps, len(sizes)), axis=0)
    assert (np.abs(drawn - due) < 1).all()


@settings(max_examples=50)
@given(sizes=st.lists(st.floats(0, 8).map(lambda power: round(2**power)), min_size=2, max_size=12))
@example(sizes=[43, 1, 4, 43])
def test_no_language_falls_behind_where_one_window_is_a_step(sizes):
    """Giving the next window to whoever lacks most fails at the example's 36th step."""
    due = np.arange(1, 101)[:, None] * np.array(sizes) / sum(sizes)
    steps = steps_of(Mixing("natural"), sizes, per_step=1, total_steps=100)
    drawn = np.cumsum(counts_of(steps, len(sizes)), axis=0)
    assert (np.abs(drawn - due) < 1).all()


@given(sizes=SIZES, per_step=st.integers(1, 12), n_epochs=st.integers(1, 3))
def test_a_natural_epoch_has_every_window_once(sizes, per_step, n_epochs):
    n = math.ceil(sum(sizes) / per_step)
    steps = steps_of(Mixing("natural"), sizes, per_step=per_step, total_steps=n * n_epochs)
    for epoch in range(n_epochs):
        part = steps[epoch * n : (epoch + 1) * n]
        drawn = [
            pair
            for step in part
            for pair in zip(step.languages.tolist(), step.windows.tolist(), strict=True)
        ]
        assert sorted(drawn) == [(at, w) for at, size in enumerate(sizes) for w in range(size)]
        assert all((step.passes == epoch).all() for step in part)


@given(size=st.integers(1, 40), n_languages=st.integers(1, 9), per_step=st.integers(1, 16))
def test_every_rule_is_natural_where_all_languages_are_of_one_size(size, n_languages, per_step):
    sizes = [size] * n_languages
    n = math.ceil(sum(sizes) / per_step)
    for mixing in (
        Mixing("balanced"),
        Mixing("alpha", alpha=0.3),
        Mixing("annealed", alpha=0.7, alpha_end=0.1),
        Mixing("unimax", max_epochs=1.0),
    ):
        steps = steps_of(mixing, sizes, per_step=per_step, total_steps=n)
        drawn = Counter(
            pair
            for step in steps
            for pair in zip(step.languages.tolist(), step.windows.tolist(), strict=True)
        )
        assert len(drawn) == sum(sizes)
        assert set(drawn.values()) == {1}


@given(mixing=MIXINGS, sizes=SIZES, per_step=st.integers(1, 30), total_steps=st.integers(1, 40))
def test_a_language_goes_through_its_windows_before_any_comes_again(
    mixing, sizes, per_step, total_steps
):
    seen = [[] for _ in sizes]
    for step in steps_of(mixing, sizes, per_step=per_step, total_steps=total_steps):
        assert (np.diff(step.languages) >= 0).all()
        for language, window, turn in zip(*(c.tolist() for c in step), strict=True):
            assert turn == seen[language].count(window)
            seen[language].append(window)
    for windows, size in zip(seen, sizes, strict=True):
        for at in range(0, len(windows), size):
            turn = windows[at : at + size]
            assert len(set(turn)) == len(turn)
            assert all(0 <= window < size for window in turn)


@given(
    mixing=MIXINGS,
    sizes=SIZES,
    per_step=st.integers(1, 9),
    total_steps=st.integers(1, 30),
    first=st.integers(0, 30),
)
def test_beginning_later_gives_exactly_the_tail(mixing, sizes, per_step, total_steps, first):
    how = {"per_step": per_step, "total_steps": total_steps, "seed": 3}
    whole = steps_of(mixing, sizes, **how)
    tail = steps_of(mixing, sizes, **how, first_step=first)
    assert len(tail) == max(0, total_steps - first)
    for one, other in zip(whole[first:], tail, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_seed_language_and_pass_each_have_an_order_of_their_own():
    def orders(seed):
        steps = steps_of(Mixing("natural"), [50, 50], per_step=100, total_steps=2, seed=seed)
        return [tuple(half) for step in steps for half in np.split(step.windows, 2)]

    assert len({*orders(0), *orders(1)}) == 8
    assert orders(0) == orders(0)


def test_the_steps_are_the_same_in_every_release():
    """If this fails, checkpoints no longer go on as they began: raise the step's VERSION."""
    mixing = Mixing("annealed", alpha=1.0, alpha_end=0.0)
    steps = draw_steps(mixing, [2, 5], per_step=3, total_steps=9, seed=13)
    got = [[column.tolist() for column in step] for step in islice(steps, 4)]
    assert got == PINNED


PINNED = [
    [[0, 1, 1], [1, 1, 3], [0, 0, 0]],
    [[0, 1, 1], [0, 2, 0], [0, 0, 0]],
    [[1], [4], [0]],
    [[0, 1, 1], [1, 4, 3], [1, 1, 1]],
]
