"""Plug-ins that are installed: found by their entry points, imported when a study names them.

Nothing is read before a name is asked for that the house does not have, so a study of the house's
own names costs nothing and means the same whatever is installed beside it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, final, get_args

from isogloss.base.errors import InputError, UnknownName
from isogloss.plugins.shape import fault_of

Kind = Literal["source", "metric", "sampler", "architecture", "executor", "section"]
KINDS: tuple[Kind, ...] = get_args(Kind)

GROUPS: Mapping[Kind, str] = {kind: f"isogloss.{kind}s" for kind in KINDS}
"""Group of entry points of each kind: `isogloss.sources`, `isogloss.metrics`, ..."""


class PluginError(InputError):
    """An installed plug-in cannot be used: it breaks, has the wrong shape, or takes a name."""

    code = "ISO-190"
    remedy = (
        "Update or uninstall the distribution that the message names, or take the plug-in's name"
        " out of the study or command."
    )


@final
@dataclass(frozen=True)
class Plugin:
    """One entry point of an installed distribution."""

    kind: Kind
    name: str
    distribution: str
    version: str
    entry: EntryPoint = field(repr=False)

    @property
    def identity(self) -> dict[str, str]:
        """What stands for it in keys and records."""
        return {
            "kind": self.kind,
            "name": self.name,
            "distribution": self.distribution,
            "version": self.version,
        }

    def __str__(self) -> str:
        """For messages: what it is, and whose."""
        return f"{self.kind} {self.name!r} of {self.distribution} {self.version}"

    def load(self) -> Any:
        """Import it.

        Raises:
            PluginError: if that fails, or what comes does not follow its protocol.
        """
        return _loaded(self)


@cache
def _loaded(plugin: Plugin) -> Any:
    try:
        made = plugin.entry.load()
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"The {plugin} cannot be imported from {plugin.entry.value}:"
            f" {type(error).__name__}: {error}. Mend or uninstall {plugin.distribution}, or leave"
            f" {plugin.name} out."
        ) from error
    if fault := fault_of(plugin.kind, made):
        raise PluginError(
            f"The {plugin} is no {plugin.kind}: {plugin.entry.value} {fault}"
            " (docs/extending.md). Mend or uninstall it."
        )
    return made


def installed(kind: Kind) -> tuple[Plugin, ...]:
    """All plug-ins of a kind, by name; none of them is imported."""
    return tuple(sorted(map(_plugin, _entries(GROUPS[kind])), key=lambda one: one.name))


def find(kind: Kind, name: str, built_in: Collection[str]) -> Plugin:
    """The plug-in of a name that the house does not have.

    Args:
        kind: what is wanted.
        name: its name.
        built_in: the house's own names of that kind, which no plug-in may take.

    Raises:
        UnknownName: if there is none; it lists what there is.
        PluginError: if two distributions give that name, or one gives a name of the house.
    """
    there = installed(kind)
    for one in there:
        if one.name in {name, *built_in} and (clash := clash_of(one, there, built_in)):
            raise PluginError(clash)
        if one.name == name:
            return one
    raise UnknownName(kind, name, [*built_in, *(one.name for one in there)])


def clash_of(plugin: Plugin, there: Iterable[Plugin], built_in: Collection[str]) -> str:
    """What is wrong with a plug-in's name among the others; empty if nothing is."""
    if plugin.name in built_in:
        return (
            f"The {plugin} has the name of one of Isogloss's own, which always means that one."
            f" Uninstall {plugin.distribution}, or ask its makers for another name."
        )
    same = sorted(one.distribution for one in there if one.name == plugin.name)
    if len(same) > 1:
        return (
            f"The {plugin.kind} {plugin.name!r} is given by {' and by '.join(same)}: uninstall all"
            " but one."
        )
    return ""


def fault_when_used(plugin: Plugin, built_in: Collection[str]) -> str:
    """Why an installed plug-in cannot be used; empty if it can. It is imported for that."""
    if clash := clash_of(plugin, installed(plugin.kind), built_in):
        return clash
    try:
        plugin.load()
    except PluginError as error:
        return str(error)
    return ""


def same_as(identity: Mapping[str, str], built_in: Collection[str] = ()) -> Any:
    """Import the plug-in that a step was planned with.

    Args:
        identity: what stands for it in the step's payload.
        built_in: as for `find`.

    Raises:
        PluginError: if another distribution or version is installed here, or it cannot be used.
        UnknownName: if it is not installed here.
    """
    kind = next(kind for kind in KINDS if kind == identity["kind"])
    plugin = find(kind, identity["name"], built_in)
    if plugin.identity != dict(identity):
        raise PluginError(
            f"The step was planned with {identity['kind']} {identity['name']!r} of"
            f" {identity['distribution']} {identity['version']}, and here it is of"
            f" {plugin.distribution} {plugin.version}. Install the same for the command and its"
            " workers, or plan again."
        )
    return plugin.load()


@cache
def _entries(group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))


def _plugin(entry: EntryPoint) -> Plugin:
    kind = next(kind for kind, group in GROUPS.items() if group == entry.group)
    if entry.dist is None:
        return Plugin(kind, entry.name, "an unknown distribution", "unknown", entry)
    return Plugin(kind, entry.name, entry.dist.name, entry.dist.version, entry)
