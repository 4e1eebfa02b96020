"""All faces of the same evidence: pages, tables, figures and JSON, each only if it is wanted.

folder/report.html                                        everything on one page
folder/<report|comparison|balance>.md                     the same for reading as text
folder/tables/<name>.<csv|md|tex>
folder/figures/<name>.<png|svg>
folder/report.json                                        all tables, for programs
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from isogloss.report.balance.write import balance_files
from isogloss.report.comparison.figures import comparison_figures
from isogloss.report.comparison.page import Told as ComparisonTold
from isogloss.report.comparison.write import comparison_files
from isogloss.report.figures import figure_files
from isogloss.report.files import Artifact
from isogloss.report.html.evidence import Comparing, Evidence
from isogloss.report.html.page import render
from isogloss.report.html.study_page import study_page
from isogloss.report.write import Told, report_files

ENDINGS = {
    "html": "html", "md": "md", "csv": "csv", "latex": "tex", "png": "png", "svg": "svg",
    "json": "json",
}  # fmt: skip
"""Name of a format -> ending of its files."""

USUAL = ("html", "md", "csv", "latex", "png", "svg")
"""What is written if nothing is said."""


def faces(evidence: Evidence, *, audited: bool = False) -> Iterator[Artifact]:
    """Give all files of a report, the page last.

    Args:
        evidence: of a study; only the page needs what `isogloss.desk.evidence.evidence_of` adds.
        audited: whether `audit.md` stands beside, to be linked.

    Raises:
        UnknownName: if no row has the metric.
    """
    told, frame = evidence.provenance, evidence.frame
    if evidence.scores is not None:
        also = Told(evidence.scores.trainings, told.unfinished, told.commands)
        yield from report_files(
            evidence.scores.rows, evidence.scores.tables, frame, also, audited=audited
        )
    if evidence.comparing is not None:
        comparing = evidence.comparing
        drawn = list(comparison_figures(comparing.comparison, comparing.candidates, frame))
        about = _told(comparing, evidence)._replace(pictures=[(f.name, f.caption) for f in drawn])
        yield from figure_files(drawn)
        yield from comparison_files(comparing.comparison, frame, about)
    if evidence.balancing is not None:
        one = evidence.balancing
        yield from balance_files(one.tables, replace(frame, metric="mrr"), one.design, one.also)
    yield Artifact("report.json", lambda: json_text(evidence))
    yield Artifact("report.html", lambda: render(study_page(evidence)))


def json_text(evidence: Evidence) -> str:
    """Write all tables as JSON: `study`, `metric`, `sample`, then a list of records each.

    Numbers are as they are in the records; what was not run, or is no number, is null.
    """
    scores, comparing, balancing = evidence.scores, evidence.comparing, evidence.balancing
    found: dict[str, Any] = {
        "study": evidence.frame.study,
        "metric": evidence.frame.metric,
        "sample": evidence.frame.sample,
        "unfinished": list(evidence.provenance.unfinished),
        "commands": list(evidence.provenance.commands),
    }
    if scores is not None:
        found["scores"] = dict(scores.tables)
    if comparing is not None:
        found["comparison"] = comparing.comparison.to_json()
        found["recommendation"] = comparing.recommendation.to_json()
    if balancing is not None:
        found["balance"] = {**balancing.tables, "claim": list(balancing.claim)}
    return json.dumps(_plain(found), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Values as JSON has them; numbers that are none (a loss that grew without end) are null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _told(comparing: Comparing, evidence: Evidence) -> ComparisonTold:
    return ComparisonTold(
        recommendation=comparing.recommendation,
        commands=evidence.provenance.commands,
        unfinished=evidence.provenance.unfinished,
        measured=comparing.measured,
        data=comparing.data,
    )
