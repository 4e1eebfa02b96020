"""What is declared is what is tested: lower bounds, and the versions that tests run with."""

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TOOLS = {"dev", "docs"}
"""Extras of who works on the project itself: no user installs them."""

ELSEWHERE = {"torch": Version("2.13")}
"""Bounds tested elsewhere: of torch 2.11 there is no small wheel for a CPU; it ran on a GPU."""


def declared() -> Iterator[Requirement]:
    """All that a user may install, the package's own extras left out."""
    extras = PROJECT["optional-dependencies"]
    wanted = [line for name, lines in extras.items() if name not in TOOLS for line in lines]
    for line in [*PROJECT["dependencies"], *wanted]:
        requirement = Requirement(line)
        if canonicalize_name(requirement.name) != PROJECT["name"]:
            yield requirement


def lower_bounds() -> dict[str, Version]:
    return {
        canonicalize_name(requirement.name): Version(part.version)
        for requirement in declared()
        for part in requirement.specifier
        if part.operator == ">="
    }


def pinned(name: str) -> dict[str, Version]:
    lines = (ROOT / name).read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {
        canonicalize_name(one.name): Version(part.version)
        for one in found
        for part in one.specifier
    }


def test_every_lower_bound_is_a_version_that_make_test_lowest_installs():
    assert len(lower_bounds()) > 20
    assert pinned("constraints-lowest.txt") == {**lower_bounds(), **ELSEWHERE}


def test_the_core_has_a_lower_bound_for_each_package():
    core = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    assert core <= lower_bounds().keys()


def test_the_pinned_versions_are_in_the_declared_ranges():
    pins = pinned("constraints.txt")
    for requirement in declared():
        name = canonicalize_name(requirement.name)
        if name in pins:
            assert requirement.specifier.contains(pins[name]), requirement


@pytest.mark.parametrize("requirement", [pytest.param(one, id=one.name) for one in declared()])
def test_what_is_installed_is_in_the_declared_range(requirement):
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        pytest.skip(f"{requirement.name} is not installed")
    assert requirement.specifier.contains(installed, prereleases=True)
