"""Sections that plug-ins write: each on its own, so that one that fails is a note in the page."""

import logging
from collections.abc import Iterator

from isogloss.base.safe_text import safe
from isogloss.plugins import Findings, SectionContent, SectionTable
from isogloss.plugins.found import Plugin, find
from isogloss.report.html.blocks import Block, Section, Words, table_of
from isogloss.report.html.evidence import Evidence, Plugged

_log = logging.getLogger(__name__)


def plugged(evidence: Evidence) -> list[Section]:
    """The sections that the study names, in its order; what has nothing to say is left out."""
    if evidence.plugged is None:
        return []
    made = [_section(name, evidence, evidence.plugged) for name in evidence.plugged.names]
    return [section for section in made if section is not None]


def _section(name: str, evidence: Evidence, given: Plugged) -> Section | None:
    plugin = find("section", name, ())
    findings = Findings(evidence.frame.study, evidence.frame.metric, given.rows)
    try:
        content = plugin.load()(findings)
        return None if content is None else _drawn(name, content)
    except Exception as error:
        _log.warning("The %s failed: %s: %s", plugin, type(error).__name__, error, exc_info=True)
        return _note(plugin, error)


def _drawn(name: str, content: SectionContent) -> Section:
    if not isinstance(content, SectionContent):
        raise TypeError(f"it gave {type(content).__name__}, not isogloss.plugins.SectionContent")
    return Section(f"plugin-{name}", content.title, [*_blocks(name, content)])


def _blocks(name: str, content: SectionContent) -> Iterator[Block]:
    for paragraph in content.paragraphs:
        yield Words(paragraph)
    for at, table in enumerate(content.tables):
        yield _table(f"plugin-{name}-{at + 1}", table)


def _table(id: str, table: SectionTable) -> Block:
    fields = {tuple(record) for record in table.records}
    if len(fields) > 1:
        raise ValueError(f"the records of {table.caption!r} have different fields")
    return table_of(id, table.caption, list(table.records))


def _note(plugin: Plugin, error: Exception) -> Section:
    told = safe(f"{type(error).__name__}: {error}")
    text = f"The {plugin} could not be written: {told}. The rest of the page does not need it."
    return Section(f"plugin-{plugin.name}", plugin.name, [Words(text, "warning")])
