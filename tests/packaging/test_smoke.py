"""From `isogloss init` to a report, with whatever versions are installed here.

`make test-lowest` and `make test-newest` run this with the oldest and the newest that are allowed.
"""

import json
import math
import re

import pytest

from command import fresh

SMALL = ["regimes=[{regime: joint, sizes: [30]}]", "seeds=[1]", "training.num_train_epochs=1"]
CHANGES = [word for change in SMALL for word in ("--set", change)]
N_LANGUAGES = 9

pytestmark = pytest.mark.slow


def test_the_sample_study_runs_from_init_to_report(tmp_path):
    fresh(tmp_path, "init", "sample", check=True)
    fresh(tmp_path, "validate", "sample.yaml", *CHANGES, check=True)
    ran = fresh(tmp_path, "run", "sample.yaml", *CHANGES)
    assert ran.returncode == 0, ran.stderr
    again = fresh(tmp_path, "run", "sample.yaml", *CHANGES, check=True)
    assert re.search(r"Nothing to do: all [1-9]", again.stdout + again.stderr)

    told = fresh(tmp_path, "results", "sample.yaml", *CHANGES, "--format", "json", check=True)
    scores = [row for row in json.loads(told.stdout) if row["metric"] == "accuracy"]
    assert len({row["target_language"] for row in scores}) == N_LANGUAGES
    assert all(math.isfinite(row["value"]) and 0 <= row["value"] <= 1 for row in scores)

    done = fresh(tmp_path, "report", "sample.yaml", "-o", "report", *CHANGES)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert all(language in page for language in ("English", "Turkish", "Japanese"))
