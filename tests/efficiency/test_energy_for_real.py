"""codecarbon itself, where it is installed: `make test-lowest` and `make test-newest` have it."""

import time

import pytest

from isogloss.efficiency.energy import estimate_energy


def test_codecarbon_gives_energy_or_says_why_it_has_none():
    pytest.importorskip("codecarbon", reason="pip install 'isogloss[energy]'")
    said = estimate_energy(lambda: 1000, seconds=2.5, clock=time.perf_counter)
    if said.wh_per_million is None:
        assert said.reason == "codecarbon saw no energy on this machine"
    else:
        assert said.reason is None
        assert said.wh_per_million > 0
