"""The example package: installed by pip, found by its entry points, its numbers beside oracles."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import matthews_corrcoef

from isogloss.base.errors import InputError
from isogloss.data.plugged_mixture import given_by
from isogloss.plan.build import build_plan
from isogloss.plan.pins import pin_study
from isogloss.plugins import PluginError, Predictions
from isogloss.plugins.found import KINDS, fault_when_used, find, installed
from isogloss.study.load import load_study
from isogloss.study.plugged import plugins_of
from plugin_toys import forget

EXAMPLE = Path(__file__).parents[2] / "examples" / "isogloss-example"
PIP = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder that the package was installed into, as pip does it."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(EXAMPLE, folder / "package")
    into = ["--target", str(folder / "site"), str(folder / "package")]
    subprocess.run([sys.executable, *PIP, *into], check=True, timeout=120)
    make = [sys.executable, "make_data.py", "data"]
    subprocess.run(make, cwd=folder / "package", check=True, timeout=60)
    return folder


@pytest.fixture
def package(site, monkeypatch):
    monkeypatch.syspath_prepend(str(site / "site"))
    forget()
    yield site / "package"
    monkeypatch.undo()
    forget()


def planned(package):
    study = load_study(package / "study.yaml")
    return study, build_plan(study, pin_study(study))


def test_it_has_one_of_each_kind_and_each_can_be_used(package):
    found = [one for kind in KINDS for one in installed(kind)]
    assert [one.kind for one in found] == list(KINDS)
    assert {(one.distribution, one.version) for one in found} == {("isogloss-example", "0.1.0")}
    assert [fault_when_used(one, ()) for one in found] == [""] * len(KINDS)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_metric_is_scikit_learns(package, k):
    metric, rng = find("metric", "mcc", ()).load(), np.random.default_rng(k)
    for n in (1, 7, 200):
        gold, said = rng.integers(k, size=n), rng.integers(k, size=n)
        given = Predictions("pos", tuple("abcde"[:k]), gold, said, np.eye(k)[said], np.arange(n))
        assert metric(given) == pytest.approx(matthews_corrcoef(gold, said), abs=1e-12)


def test_the_sampler_draws_by_the_root(package):
    sampler = find("sampler", "sqrt", ()).load()
    assert given_by(sampler, "sqrt", [1, 4, 25], {}).shares == pytest.approx((1 / 8, 2 / 8, 5 / 8))
    assert given_by(sampler, "sqrt", [1, 8], {"root": 3}).shares == pytest.approx((1 / 3, 2 / 3))
    with pytest.raises(InputError, match="a number from 1"):
        sampler(np.array([1, 2]), {"rot": 2})


@pytest.mark.parametrize("bad", [[0.5], [0.5, 0.6], [1.5, -0.5], [float("nan"), 1]])
def test_shares_that_are_none_are_refused(bad):
    with pytest.raises(PluginError, match="'odd' gave"):
        given_by(lambda sizes, options: bad, "odd", [3, 4], {})


def test_the_executors_workers_give_way(package):
    with find("executor", "gentle", ()).load()(1) as pool:
        assert pool.submit(os.nice, 0).result(timeout=120) == min(os.nice(0) + 10, 19)


def test_plugins_decide_the_keys_of_their_own_steps_and_of_no_others(package, site):
    study, before = planned(package)
    assert {one.name for one in plugins_of(study)} == {
        "feather", "mcc", "sqrt", "electra", "correlation",
    }  # fmt: skip
    named = {
        kind: json.dumps([step.payload for step in before.of_kind(kind)])
        for kind in ("data", "text", "train", "pretrain", "score", "prepare", "evaluate", "pack")
    }
    has = {kind for kind, text in named.items() if "isogloss-example" in text}
    assert has == {"data", "text", "train", "pretrain", "score"}
    info = site / "site" / "isogloss_example-0.1.0.dist-info" / "METADATA"
    text = info.read_text()
    try:
        info.write_text(text.replace("Version: 0.1.0", "Version: 0.2.0"))
        forget()
        after = planned(package)[1]
    finally:
        info.write_text(text)
    assert not {s.key for s in before.of_kind("data")} & {s.key for s in after.of_kind("data")}
    assert not {s.key for s in before.of_kind("score")} & {s.key for s in after.of_kind("score")}


def test_data_that_changed_since_the_plan_are_refused(package, tmp_path):
    from isogloss.execute.kinds.data import open_source

    _, plan = planned(package)
    step = plan.of_kind("data")[0]
    root = tmp_path / "data"
    shutil.copytree(package / "data", root)
    declared = {**step.settings["source"], "root": str(root)}
    source = open_source(declared, step.payload["source"], "eng-Latn")
    assert len(list(source.rows("eng-Latn", "train"))) == 60
    shutil.copy(root / "eng-Latn" / "test.feather", root / "eng-Latn" / "train.feather")
    with pytest.raises(InputError, match="changed since the plan was made"):
        list(source.rows("eng-Latn", "train"))


def test_a_folder_without_the_file_is_one_message(package, tmp_path):
    study = load_study(package / "study.yaml", [f"data.source.root={tmp_path}"])
    with pytest.raises(InputError, match=r"There is no .*train\.feather\. There is: nothing\."):
        pin_study(study)


@pytest.mark.slow  # some 40 seconds on a core of its own
def test_the_study_runs_with_every_plugin_and_its_report_has_the_section(package, site):
    env = {**os.environ, "PYTHONPATH": str(site / "site"), "OMP_NUM_THREADS": "1"}

    def isogloss(*words):
        done = subprocess.run(
            [sys.executable, "-m", "isogloss", *words],
            cwd=package,
            env=env,
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    isogloss("run", "study.yaml", "--executor", "gentle", "--jobs", "1")
    rows = json.loads(isogloss("results", "study.yaml", "--format", "json"))
    _, plan = planned(package)
    scores = [row for row in rows if row["metric"] == "mcc"]
    assert len(scores) == 2
    for row in scores:
        test = plan.by_key[row["step"]].needs[0]
        table = pq.read_table(next((package / ".isogloss").rglob(f"{test}*/predictions.parquet")))
        gold, said = table["gold"].to_pylist(), table["predicted"].to_pylist()
        assert row["value"] == pytest.approx(matthews_corrcoef(gold, said), abs=1e-12)
        assert (row["n_scored"], row["n_unscored"]) == (30, 0)
    isogloss("report", "study.yaml", "-o", "out", "--format", "html")
    page = (package / "out" / "report.html").read_text(encoding="utf-8")
    assert "Matthews correlation" in page
    assert "plug-in: sampler" in page
    assert "isogloss-example" in page


def test_the_made_up_data_are_the_same_each_time(package, tmp_path):
    random.seed()
    again = [sys.executable, str(package / "make_data.py"), str(tmp_path)]
    subprocess.run(again, check=True, timeout=60)
    for path in tmp_path.rglob("*.feather"):
        assert path.read_bytes() == (package / "data" / path.relative_to(tmp_path)).read_bytes()
