"""Balanced samples: exact counts, nested sizes, honest shortage; checked on random data."""

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.base.errors import InputError, UnknownName
from isogloss.data.sampling import SHORTAGE_POLICIES, sample_balanced

CLASSES = ("negative", "neutral", "positive")
LABELS = st.lists(st.sampled_from(CLASSES), min_size=1, max_size=80)
SEEDS = st.integers(0, 1000)


def sample(labels, n, *, seed=0, language="deu-Latn", shortage="error", classes=CLASSES):
    return sample_balanced(labels, n, classes, seed=seed, language=language, shortage=shortage)


def test_a_hundred_over_three_classes_is_33_each_and_six_languages_make_594():
    labels = CLASSES * 200
    samples = [sample(labels, 100, language=f"language {n}") for n in range(6)]
    assert all(s.counts == dict.fromkeys(CLASSES, 33) for s in samples)
    assert sum(len(s.indices) for s in samples) == 594


@given(labels=LABELS, n=st.integers(3, 60), seed=SEEDS, shortage=st.sampled_from(SHORTAGE_POLICIES))
def test_counts_are_exact_under_every_policy(labels, n, seed, shortage):
    have, want = Counter(labels), n // 3
    lacking = sum(max(0, want - have[name]) for name in CLASSES)
    impossible = {
        "error": lacking > 0,
        "resample": any(have[name] == 0 for name in CLASSES),
        "take_all": False,
    }[shortage]
    if impossible:
        with pytest.raises(InputError):
            sample(labels, n, seed=seed, shortage=shortage)
        return
    got = sample(labels, n, seed=seed, shortage=shortage)
    counted = Counter(labels[index] for index in got.indices)
    expected = {name: want if shortage == "resample" else min(want, have[name]) for name in CLASSES}
    assert {name: counted[name] for name in CLASSES} == expected == got.counts
    assert got.n_missing == (lacking if shortage == "take_all" else 0)
    assert got.n_repeated == (lacking if shortage == "resample" else 0)
    assert len(got.indices) - len(set(got.indices)) == got.n_repeated
    assert list(got.indices) == sorted(got.indices)
    assert (got.requested, got.shortage) == (n, shortage)


@given(
    labels=LABELS,
    sizes=st.tuples(st.integers(3, 60), st.integers(3, 60)).map(sorted),
    seed=SEEDS,
    shortage=st.sampled_from(["take_all", "resample"]),
)
def test_a_smaller_sample_is_part_of_a_larger_one(labels, sizes, seed, shortage):
    labels = [*labels, *CLASSES]
    small, large = (Counter(sample(labels, n, seed=seed, shortage=shortage).indices) for n in sizes)
    assert small <= large


@given(labels=LABELS, n=st.integers(3, 60), seed=SEEDS)
def test_with_replacement_every_row_is_taken_once_before_any_is_repeated(labels, n, seed):
    labels = [*labels, *CLASSES]
    taken = Counter(sample(labels, n, seed=seed, shortage="resample").indices)
    for name in CLASSES:
        rows = [index for index, label in enumerate(labels) if label == name]
        if n // 3 >= len(rows):
            assert all(taken[index] >= 1 for index in rows)


@given(labels=LABELS, other=LABELS, n=st.integers(3, 30), seed=SEEDS)
def test_what_is_taken_of_a_class_does_not_depend_on_the_rows_of_other_classes(
    labels, other, n, seed
):
    def ranks(data):
        rows = [index for index, label in enumerate(data) if label == "neutral"]
        got = sample(data, n, seed=seed, shortage="take_all").indices
        return [rank for rank, index in enumerate(rows) if index in got]

    without = [label for label in other if label != "neutral"]
    assert ranks(labels) == ranks([*without, *labels, *without])


@given(labels=LABELS, n=st.integers(3, 60), seed=SEEDS, data=st.data())
def test_the_order_of_the_classes_does_not_matter(labels, n, seed, data):
    classes = data.draw(st.permutations(CLASSES))
    one = sample(labels, n, seed=seed, shortage="take_all")
    other = sample(labels, n, seed=seed, shortage="take_all", classes=classes)
    assert (one.indices, one.counts) == (other.indices, other.counts)


def test_seed_and_language_each_draw_their_own_sample():
    labels = CLASSES * 100
    drawn = {
        sample(labels, 30, seed=seed, language=language).indices
        for seed in range(5)
        for language in ("deu-Latn", "hin-Deva")
    }
    assert len(drawn) == 10


def test_over_many_seeds_every_row_has_the_same_chance():
    """Chi-square with 29 degrees of freedom, corrected for drawing without return (p = 0.0001)."""
    labels = CLASSES * 30
    taken = Counter(
        index
        for seed in range(600)
        for index in sample(labels, 30, seed=seed).indices
        if labels[index] == "neutral"
    )
    expected = 600 * 10 / 30
    chi2 = sum((taken[index] - expected) ** 2 / expected for index in range(1, 90, 3))
    assert (
        chi2 / (1 - 10 / 30) < 66.2
    )  # 29 degrees of freedom, corrected for drawing without return


def test_the_draw_is_the_same_in_every_process_and_release():
    """If this fails, stored samples no longer mean what they say: raise the step's VERSION."""
    code = (
        "from isogloss.data.sampling import sample_balanced\n"
        "print(sample_balanced('abc' * 40, 12, 'abc', seed=13, language='hin-Deva',"
        " shortage='error').indices)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7"},
    )
    here = sample_balanced(
        "abc" * 40, 12, "abc", seed=13, language="hin-Deva", shortage="error"
    ).indices
    assert done.stdout.strip() == str(here)
    assert here == PINNED


PINNED = (25, 30, 48, 51, 77, 84, 88, 91, 95, 101, 106, 119)


def test_no_number_means_all_rows_as_they_are():
    labels = ["negative"] * 5 + ["positive"] * 2
    got = sample(labels, None)
    assert got.indices == tuple(range(7))
    assert got.counts == {"negative": 5, "neutral": 0, "positive": 2}
    assert (got.requested, got.n_missing, got.n_repeated) == (None, 0, 0)


def test_too_few_rows_say_which_class_of_which_language_has_how_many():
    labels = ["negative"] * 50 + ["neutral"] * 7 + ["positive"] * 40
    with pytest.raises(InputError) as caught:
        sample(labels, 150, language="msa-Latn")
    assert "A balanced sample of 150 needs 50 rows of each class, but in Malay" in str(caught.value)
    assert "(msa-Latn) neutral has 7, positive has 40." in str(caught.value)
    assert "take_all or resample" in str(caught.value)


def test_a_class_without_rows_cannot_be_resampled():
    with pytest.raises(InputError, match="has no row labeled neutral, positive"):
        sample(["negative"] * 9, 6, shortage="resample")


@pytest.mark.parametrize("n", [-3, 0, 1, 2])
def test_fewer_rows_than_classes_are_refused(n):
    with pytest.raises(InputError, match=f"balanced sample of {n} over 3 classes"):
        sample(CLASSES * 5, n)


def test_an_unknown_policy_is_answered_with_the_known_ones():
    with pytest.raises(UnknownName, match="Did you mean 'resample'"):
        sample(CLASSES, 3, shortage="resampel")
