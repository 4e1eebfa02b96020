"""The page of a study: which sections there are, and in which order."""

from collections.abc import Callable

from isogloss.report.html.blocks import Section
from isogloss.report.html.evidence import Evidence
from isogloss.report.html.own_ids import with_own_ids
from isogloss.report.html.page import Page
from isogloss.report.html.sections.balance import balance
from isogloss.report.html.sections.comparison import comparison
from isogloss.report.html.sections.curves import curves
from isogloss.report.html.sections.map import isogloss_map
from isogloss.report.html.sections.plugged import plugged
from isogloss.report.html.sections.provenance import provenance
from isogloss.report.html.sections.regimes import regimes
from isogloss.report.html.sections.transfer import transfer
from isogloss.report.html.sections.verdict import verdict
from isogloss.report.html.sections.why import why

SECTIONS: tuple[Callable[[Evidence], Section | None], ...] = (
    verdict,
    comparison,
    isogloss_map,
    curves,
    transfer,
    regimes,
    balance,
    why,
)
"""From what a reader wants first to what a doubter wants last; one with nothing is left out.

Those of plug-ins follow, and last comes where everything is from."""


def study_page(evidence: Evidence) -> Page:
    """Write the page of a study."""
    frame = evidence.frame
    own = [section(evidence) for section in SECTIONS]
    made = [*own, *plugged(evidence), provenance(evidence)]
    kept = [section for section in made if section is not None and section.blocks]
    return Page(
        title=f"{frame.study}: {frame.measure}",
        sections=with_own_ids(kept),
        sample=frame.sample,
        footer="Made by `isogloss report`: intervals are 95 % confidence intervals, digits end"
        " where the interval does, and every number is in the records behind the page.",
    )
