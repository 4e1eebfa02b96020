"""A study, the command line and Python say the same of a measurement, and keys know all of it."""

import inspect
from dataclasses import asdict, fields
from typing import get_args

from isogloss.cli.commands.bench import Busy, bench
from isogloss.efficiency import child, figures, offline, server
from isogloss.efficiency.protocol import SCENARIOS, BusyPolicy, Protocol
from isogloss.efficiency.warmup import WarmUp
from isogloss.plan.serving import VERSIONS
from isogloss.study.efficiency import Efficiency, Scenario

ELSEWHERE = {"forms", "price_per_hour", "currency"}
"""What a study says beside the protocol."""


def test_a_study_and_the_protocol_have_the_same_settings_and_defaults():
    study, protocol = dict(Efficiency()), Protocol()
    names = {one.name for one in fields(Protocol)} - {"warm_up"}
    assert study.keys() - ELSEWHERE == names
    assert {name: study[name] for name in names} == {n: getattr(protocol, n) for n in names}


def test_a_study_and_the_protocol_know_the_same_words():
    busy = Efficiency.model_fields["busy"].annotation
    assert get_args(Scenario) == SCENARIOS
    assert set(get_args(busy)) == set(get_args(BusyPolicy)) == {one.value for one in Busy}


def test_the_command_line_has_the_same_defaults():
    given = {name: one.default for name, one in inspect.signature(bench).parameters.items()}
    protocol = Protocol()
    assert tuple(given["scenarios"].split(",")) == protocol.scenarios
    for name in ("rounds", "n_texts", "threads", "busy"):
        assert given[name] == getattr(protocol, name), name


def test_what_decides_figures_and_is_in_no_key_belongs_to_a_version():
    """If this fails, old measurements would stand for new ones: raise the VERSION of `measure`."""
    search = {
        name: one.default for name, one in inspect.signature(server.ServerRules).parameters.items()
    }
    assert VERSIONS["measure"] == 4
    assert asdict(WarmUp()) == {
        "window": 5, "tolerance": 0.05, "min_laps": 20, "max_laps": 200, "max_seconds": 20.0,
    }  # fmt: skip
    assert (child.LAP_SAMPLES, child.SETTLING_LAPS, offline.MOST_PASSES) == (8, 3, 20)
    assert (search["resolution"], server.PERCENT, server.MAX_DOUBLINGS) == (0.02, 99, 8)
    assert (server.BELOW, server.UP, server.DOWN) == (0.9, 1.03, 1.03**-3)
    assert (figures.BLOCK, figures.SETTLING) == (6, 3)
