"""What a training is called."""

import pytest

from isogloss.plan.runs import Run


@pytest.mark.parametrize(
    ("run", "title"),
    [
        (Run("joint", ("eng-Latn", "deu-Latn"), 100, 42), "joint n=100 seed=42"),
        (Run("single", ("eng-Latn",), None, 1), "single eng-Latn n=all seed=1"),
        (
            Run("leave_one_out", ("eng-Latn", "deu-Latn"), 5, 1, "hin-Deva"),
            "leave_one_out without hin-Deva n=5 seed=1",
        ),
    ],
)
def test_a_training_is_called_by_regime_language_size_and_seed(run, title):
    assert run.title == title
