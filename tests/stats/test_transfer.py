"""Summaries of the source x target matrix, by brute force and on the published figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.stats.transfer import transfer_summary

# Macro recall of the reference notebook: trained on the row's language, tested on the column's.
LANGUAGES = ("english", "french", "arabic", "japanese", "hindi", "malay")
PUBLISHED = """
.625 .489 .385 .433 .420 .477
.522 .662 .421 .407 .384 .567
.387 .423 .430 .341 .394 .463
.378 .383 .345 .684 .311 .292
.387 .425 .420 .322 .401 .383
.408 .392 .375 .389 .375 .687
"""


def published():
    values = iter(PUBLISHED.split())
    return {(s, t): float(next(values)) for s in LANGUAGES for t in LANGUAGES}


def test_the_published_matrix_gives_its_known_donors_and_recipients():
    summary = transfer_summary(published(), sources=LANGUAGES, targets=LANGUAGES)
    assert summary.donors["french"].value == pytest.approx(0.4602)
    assert summary.donors["japanese"].value == pytest.approx(0.3418)
    assert summary.recipients["malay"].value == pytest.approx(0.4364)
    assert summary.target_gaps["hindi"] == pytest.approx(0.401 - 0.3768)
    assert max(summary.donors, key=lambda s: summary.donors[s].value) == "french"
    assert {(mean.n, mean.n_missing) for mean in summary.donors.values()} == {(5, 0)}


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(0, 10**6))
def test_summaries_are_those_of_the_matrix_without_its_diagonal(k, seed):
    matrix = np.random.default_rng(seed).random((k, k))
    codes = "abcde"[:k]
    cells = {(s, t): matrix[i, j] for i, s in enumerate(codes) for j, t in enumerate(codes)}
    summary = transfer_summary(cells, sources=codes, targets=codes)
    off = np.where(np.eye(k, dtype=bool), np.nan, matrix)
    for i, code in enumerate(codes):
        assert summary.in_language[code] == matrix[i, i]
        if k == 1:
            assert summary.donors[code].value is None
            continue
        assert summary.donors[code].value == pytest.approx(np.nanmean(off[i]))
        assert summary.recipients[code].value == pytest.approx(np.nanmean(off[:, i]))
        assert summary.target_gaps[code] == pytest.approx(matrix[i, i] - np.nanmean(off[:, i]))


def test_a_source_is_a_row_and_a_target_a_column():
    cells = {("a", "b"): 0.2, ("b", "a"): 0.7, ("a", "a"): 0.9, ("b", "b"): 0.8}
    summary = transfer_summary(cells, sources="ab", targets="ab")
    assert summary.donors["a"].value == 0.2
    assert summary.recipients["a"].value == 0.7
    assert summary.target_gaps["a"] == pytest.approx(0.9 - 0.7)


def test_cells_that_were_not_run_stay_none_and_are_counted():
    cells = {("a", "a"): 0.9, ("a", "b"): None, ("b", "a"): 0.6}
    summary = transfer_summary(cells, sources="abc", targets="ab")
    donor, recipient = summary.donors["a"], summary.recipients["a"]
    assert (donor.value, donor.n, donor.n_missing) == (None, 0, 1)
    assert (recipient.value, recipient.n, recipient.n_missing) == (0.6, 1, 1)
    assert summary.in_language["b"] is None
    assert summary.target_gaps["b"] is None


def test_a_target_that_is_no_source_counts_for_donors_and_has_no_diagonal():
    summary = transfer_summary({("a", "a"): 0.9, ("a", "x"): 0.5}, sources="a", targets="ax")
    assert summary.donors["a"].value == 0.5
    assert summary.in_language["x"] is None
    assert summary.recipients["x"].value == 0.5
