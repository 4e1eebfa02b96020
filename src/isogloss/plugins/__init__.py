"""What a plug-in implements: a protocol a kind, and the values that pass between it and the house.

A plug-in is an installed package that names objects under entry points; docs/extending.md shows
how. All here are plain values (texts, mappings, arrays), so that the inside of Isogloss may change
without breaking a plug-in. This module is part of the stable API (docs/versioning.md).
"""

from isogloss.plugins.contracts import (
    Architecture,
    Findings,
    Metric,
    OpenExecutor,
    OpenSource,
    Predictions,
    Sampler,
    Section,
    SectionContent,
    SectionTable,
    Source,
)
from isogloss.plugins.found import GROUPS, PluginError

__all__ = [
    "GROUPS",
    "Architecture",
    "Findings",
    "Metric",
    "OpenExecutor",
    "OpenSource",
    "PluginError",
    "Predictions",
    "Sampler",
    "Section",
    "SectionContent",
    "SectionTable",
    "Source",
]
