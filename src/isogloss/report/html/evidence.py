"""What a page is written from: all that is known of a study, as values. No store, no study file.

A part that the study does not have is None, and its section is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from isogloss.report.balance.design import Design
from isogloss.report.balance.page import Also
from isogloss.report.balance.tables import Tables
from isogloss.report.comparison.compare import Comparison
from isogloss.report.comparison.results import Setting
from isogloss.report.frame import Frame
from isogloss.report.recommend.candidate import Candidate
from isogloss.report.recommend.recommend import Recommendation
from isogloss.report.records import Records, Row
from isogloss.report.why.confusion import Confusion
from isogloss.report.why.worst import Worst


@final
@dataclass(frozen=True)
class Scores:
    """What was fine-tuned and tested."""

    rows: Sequence[Row]
    """The long table of results, of what was fine-tuned."""

    tables: Mapping[str, Records]
    """Those of `isogloss.report.understand`."""

    trainings: Sequence[Mapping[str, Any]] = ()
    """What each finished training chose and did."""


@final
@dataclass(frozen=True)
class Comparing:
    """Two encoders or more, or one in several forms of serving."""

    comparison: Comparison
    recommendation: Recommendation
    """Without limits and weights; it holds the candidates."""

    measured: Sequence[str] = ()
    """How costs were measured, a line each."""

    data: Sequence[str] = ()
    """What was done to the data so that every gold word counts, a line each."""

    warnings: Sequence[str] = ()
    """What makes it doubtful, a line each."""

    command: str = "isogloss recommend STUDY"
    """What asks for a recommendation on the command line, without limits and weights."""

    @property
    def candidates(self) -> Sequence[Candidate]:
        """Every encoder in every form."""
        return self.recommendation.candidates

    @property
    def chosen(self) -> Candidate:
        """The one that is recommended."""
        choice = self.recommendation.choice
        return next(one for one in self.candidates if one.name == choice)


@final
@dataclass(frozen=True)
class Balancing:
    """What was pre-trained and probed."""

    tables: Tables
    design: Design
    also: Also
    claim: Sequence[str]
    """The answer to the claim, a line each."""


@final
@dataclass(frozen=True)
class Errors:
    """What models get wrong."""

    main: Setting
    """The setting that entities and examples are of."""

    confusions: Sequence[Confusion]
    entities: Records
    """How entities were found or missed; empty where there are none."""

    worst: Sequence[Worst]
    texts: bool
    """Whether texts of the data may be shown."""


@final
@dataclass(frozen=True)
class Provenance:
    """Where everything comes from."""

    commands: Sequence[str]
    """What a reader types to get the page again."""

    study: str
    """The study as it was read, as YAML."""

    unfinished: Sequence[str] = ()
    """What is missing or failed, a line each."""

    checks: Sequence[str] = ()
    """What a reader types to check it."""

    failed: Records = ()
    """One record a step that failed, with its reason."""

    kinds: Records = ()
    """One record a kind of step: how many, how many finished, wall time, operations."""

    steps: Records = ()
    """One record a finished step."""

    pins: Records = ()
    """What the study names outside itself, and which bytes that was."""

    versions: Records = ()
    """Sets of versions that steps were made with, by number."""

    machines: Records = ()
    """What costs were measured on."""

    @property
    def n_left(self) -> int:
        """Steps that are not finished; a line of `unfinished` may stand for several of them."""
        left = sum(int(kind["steps"]) - int(kind["finished"]) for kind in self.kinds)
        return max(left, len(self.unfinished))


@final
@dataclass(frozen=True)
class Plugged:
    """What the sections of plug-ins are written from."""

    names: Sequence[str]
    """Of the sections, in their order."""

    rows: Sequence[Row]
    """The long table of results, whole: the metrics of plug-ins are in it too."""


@final
@dataclass(frozen=True)
class Evidence:
    """All that is known of a study."""

    frame: Frame
    provenance: Provenance
    scores: Scores | None = None
    comparing: Comparing | None = None
    uncompared: str = ""
    """Why what could be compared is not, yet."""

    balancing: Balancing | None = None
    errors: Errors | None = None
    audit: Mapping[str, Any] | None = None
    """Of the data, as `isogloss.execute.audit` gives it."""

    plugged: Plugged | None = None

    remarks: Sequence[str] = field(default_factory=tuple)
    """What the reader should know before all else, a line each."""
