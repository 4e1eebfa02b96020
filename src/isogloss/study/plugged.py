"""Which plug-ins a study names, and which of them decide a result."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from isogloss.plugins.found import Kind, Plugin, find
from isogloss.study.arms import MIXINGS
from isogloss.study.data import SOURCES
from isogloss.study.encoders import ARCHITECTURES

if TYPE_CHECKING:
    from isogloss.study.study import Study

OWN: dict[Kind, tuple[str, ...]] = {
    "source": SOURCES,
    "metric": (),
    "sampler": MIXINGS,
    "architecture": ARCHITECTURES,
    "section": (),
}
"""The house's own names where a study may name plug-ins. It computes all its metrics and writes all
its sections anyway; executors are named by the command."""


def plugins_of(study: "Study") -> tuple[Plugin, ...]:
    """The plug-ins that a study names, each once."""
    found = (plugin_of(kind, name) for kind, name in _named(study))
    return tuple(dict.fromkeys(plugin for plugin in found if plugin is not None))


def plugin_of(kind: Kind, name: str) -> Plugin | None:
    """The plug-in of a name; None if the name is the house's own.

    Raises:
        UnknownName: if it is not installed.
        PluginError: if it clashes.
    """
    return None if name in OWN[kind] else find(kind, name, OWN[kind])


def deciding(*named: tuple[Kind, str]) -> dict[str, Any]:
    """The plug-ins among some names, as a part of a payload; nothing where there are none."""
    found = [plugin.identity for kind, name in named if (plugin := plugin_of(kind, name))]
    return {"plugins": found} if found else {}


def family_of(architecture: str) -> str:
    """The family whose special tokens an architecture's tokenizer has."""
    plugin = plugin_of("architecture", architecture)
    return architecture if plugin is None else str(plugin.load().special_tokens)


def _named(study: "Study") -> Iterator[tuple[Kind, str]]:
    declared = study.pretraining
    sources = [one.data for one in study.probes] + ([study.data] if study.data else [])
    for source in [one.source for one in sources] + ([declared.text.source] if declared else []):
        yield "source", source.kind
    for encoder in study.encoders:
        if encoder.scratch is not None:
            yield "architecture", encoder.scratch.architecture
    if declared is not None:
        yield "architecture", declared.encoder.architecture
        for arm in declared.arms:
            yield "sampler", arm.mixing.kind
    for name in study.evaluation.metrics:
        yield "metric", name
    for name in study.output.sections:
        yield "section", name
