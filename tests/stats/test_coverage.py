"""In the long run: intervals hold the truth, tests find what they say, in simulated studies.

The full tables come from `benchmarks/stats_coverage.py` and stand in `docs/statistics.md`.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "stats_coverage.py"


@pytest.fixture(scope="module")
def simulation():
    spec = importlib.util.spec_from_file_location("stats_coverage", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize("metric", ["accuracy", "f1"])
def test_the_true_score_is_that_of_a_very_large_study(simulation, metric):
    world = simulation.World(metric, 0.2, advantage=0.5)
    sides = world.draw(np.random.default_rng(0), 3000, 300)
    for side, of_b in zip(sides, (False, True), strict=True):
        found = np.mean(
            [simulation.TALLY_METRICS[metric](one.sum(axis=0)) for one in side.values()]
        )
        assert found == pytest.approx(world.true_score(of_b=of_b), abs=0.006)


@pytest.mark.parametrize("metric", ["accuracy", "f1"])
def test_intervals_of_three_seeds_hold_the_truth(simulation, metric):
    """200 studies: 0.05 is three standard errors of the share."""
    world = simulation.World(metric, simulation.SEED_EFFECTS["small"])
    (found,) = simulation.coverage(world, 100, studies=200, seeds=[3])
    assert found.score == pytest.approx(0.95, abs=0.05)
    assert found.difference == pytest.approx(0.95, abs=0.05)


def test_one_seed_cannot_know_how_far_another_would_fall(simulation):
    world = simulation.World("accuracy", simulation.SEED_EFFECTS["large"])
    one, three = simulation.coverage(world, 500, studies=100, seeds=[1, 3])
    assert one.score < 0.7 < three.score


@pytest.mark.slow
@pytest.mark.parametrize("effect", ["none", "small", "large"])
@pytest.mark.parametrize("n_units", [100, 500])
@pytest.mark.parametrize("metric", ["accuracy", "f1"])
def test_coverage_is_93_to_97_percent_with_three_seeds_or_more(simulation, metric, n_units, effect):
    """1,500 studies: two standard errors of the share, 0.011, are left on either side."""
    world = simulation.World(metric, simulation.SEED_EFFECTS[effect])
    for found in simulation.coverage(world, n_units, studies=1500, seeds=[3, 5]):
        assert 0.919 < found.score < 0.981
        assert 0.919 < found.difference < 0.981


@pytest.mark.slow
@pytest.mark.parametrize("n_seeds", [3, 5])
def test_the_smallest_difference_is_found_in_about_80_percent_of_studies(simulation, n_seeds):
    world = simulation.World("f1", simulation.SEED_EFFECTS["small"])
    found = simulation.power(world, 500, n_seeds, studies=600)
    assert 0.65 < found.found < 0.9
