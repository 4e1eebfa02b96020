"""Plug-ins are found by entry points, imported when named, and refused in one clear message."""

import pytest

from isogloss.base.errors import UnknownName
from isogloss.plugins import PluginError
from isogloss.plugins.found import fault_when_used, find, installed, same_as
from isogloss.plugins.shape import ARGUMENTS, fault_of
from plugin_toys import install  # noqa: F401

HALF = "def half(sizes, options):\n    return sizes / sizes.sum()\n"
SAMPLER = {"isogloss.samplers": {"half": "toy_half:half"}}


def test_a_plugin_is_found_with_its_distribution_and_imported_only_when_asked(install):  # noqa: F811
    import sys

    install("toy-half", SAMPLER, "2.3", toy_half=HALF)
    plugin = find("sampler", "half", ("natural",))
    assert plugin.identity == {
        "kind": "sampler",
        "name": "half",
        "distribution": "toy-half",
        "version": "2.3",
    }
    assert "toy_half" not in sys.modules
    assert callable(plugin.load())
    assert "toy_half" in sys.modules


def test_a_name_that_nobody_has_lists_ours_and_theirs(install):  # noqa: F811
    install("toy-half", SAMPLER, toy_half=HALF)
    with pytest.raises(UnknownName, match=r"Did you mean 'half'\? Known: half, natural\."):
        find("sampler", "halff", ("natural",))


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named"),
        ("raise SystemExit(7)", "SystemExit: 7"),
        ("other = 1", "AttributeError"),
        ("half = 3", "is int, which cannot be called"),
        ("def half(sizes): return sizes", r"cannot be called with \(sizes, options\)"),
    ],
)
def test_one_that_breaks_names_its_distribution(install, module, said):  # noqa: F811
    install("toy-half", SAMPLER, "0.9", toy_half=module)
    with pytest.raises(PluginError, match=said) as caught:
        find("sampler", "half", ()).load()
    assert "toy-half 0.9" in str(caught.value)
    assert caught.value.exit_code == 2


def test_two_with_one_name_are_both_named(install):  # noqa: F811
    install("toy-a", SAMPLER, toy_half=HALF)
    install("toy-b", SAMPLER)
    with pytest.raises(PluginError, match="'half' is given by toy-a and by toy-b"):
        find("sampler", "half", ())
    assert all("toy-a and by toy-b" in fault_when_used(one, ()) for one in installed("sampler"))


def test_none_may_take_a_name_of_ours(install):  # noqa: F811
    install("toy-half", SAMPLER, toy_half=HALF)
    with pytest.raises(
        PluginError, match=r"of toy-half 1\.0 has the name of one of Isogloss's own"
    ):
        find("sampler", "anything", ("half",))


def test_a_step_takes_the_version_that_it_was_planned_with(install):  # noqa: F811
    install("toy-half", SAMPLER, "2.0", toy_half=HALF)
    planned = find("sampler", "half", ()).identity
    assert callable(same_as(planned))
    with pytest.raises(PluginError, match=r"planned with .* toy-half 1\.0, and here it is"):
        same_as({**planned, "version": "1.0"})


def test_metrics_and_architectures_say_what_they_are_for():
    class Metric:
        tasks = ("pos",)

        def __call__(self, predictions):
            return 0.0

    class NoTasks(Metric):
        tasks = "pos"

    assert fault_of("metric", Metric()) == ""
    assert "tasks" in fault_of("metric", NoTasks())
    assert fault_of("metric", Metric) == "is a class: name an object of it"
    assert "special_tokens" in fault_of("architecture", lambda size, vocabulary: None)
    assert ARGUMENTS.keys() == {
        "source",
        "metric",
        "sampler",
        "architecture",
        "executor",
        "section",
    }
